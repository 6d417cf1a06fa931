"""BIDS: takes sessions; gives datasets in the drafts for brain stimulation, and back."""

from cortistim.io.bids.drafts import NIBS, TMS, json_schema
from cortistim.io.bids.reading import is_bids, read_bids
from cortistim.io.bids.writing import DRAFTS, write_bids

__all__ = ["DRAFTS", "NIBS", "TMS", "is_bids", "json_schema", "read_bids", "write_bids"]
