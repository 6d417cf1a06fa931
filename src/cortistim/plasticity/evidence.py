"""Effects for which there is evidence but no dose model: cited statements, never simulated.

``confidence`` is how sure the numbers are those of the source: high when they were read
there or in its abstract, medium or low when some or all are remembered; the words say which.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Statement:
    """One finding.

    Parameters
    ----------
    topic : str
        What it is about.
    finding : str
        What was seen, with its size where one was given.
    study : str
        Who, on whom, with what.
    source : str
        Key of ``references.bib``, or the citation in words.
    confidence : str
        ``high``, ``medium`` or ``low``.
    """

    topic: str
    finding: str
    study: str
    source: str
    confidence: Literal["high", "medium", "low"]


STROKE, MOOD, SPACING, RATE, GENE, DRUG, PEOPLE = (
    "stroke tissue (animals)",
    "clinical response",
    "spacing of sessions",
    "rate of pulses",
    "BDNF genotype",
    "receptors and channels",
    "differences between people",
)
_ROWS: tuple[tuple[str, str, str, str, Literal["high", "medium", "low"]], ...] = (
    (
        STROKE,
        "neurogenesis up, BDNF and TrkB up, Bcl-2 up, Bax down, TUNEL-positive cells down; "
        "no size given here (a later review, PMC9991485, prints contrary signs for Bcl-2 "
        "and Bax)",
        "rats with middle cerebral artery occlusion, 10 Hz, 300 pulses a day",
        "Guo et al. 2017, Front Physiol, doi:10.3389/fphys.2017.00559",
        "high",
    ),
    (
        STROKE,
        "Ki67/Nestin, Ki67/DCX, BDNF, pTrkB up, 20 Hz more than iTBS; no size given here",
        "rats after stroke, 20 Hz and iTBS",
        "Luo et al. 2017, Int J Mol Sci 18:455, PMC5343989",
        "high",
    ),
    (
        STROKE,
        "Bcl-2 up, Bax down, NMDA receptors and MAP-2 unchanged: less apoptosis rather "
        "than more plasticity; no size given here",
        "rats after stroke, 10 Hz, 3500 pulses in 2 weeks",
        "Yoon et al. 2011",
        "high",
    ),
    (
        STROKE,
        "neural stem cells migrate, by SDF-1a/CXCR4; no size given here",
        "rodents after stroke",
        "Deng et al. 2021, doi:10.3892/etm.2021.10469",
        "high",
    ),
    (
        STROKE,
        "factors that make vessels grow (Ang1, TIE2, eNOS) up; the abstract counts no vessels",
        "rodents after stroke, 1 Hz",
        "Lee et al. 2022, Ann Rehabil Med 46(5)",
        "high",
    ),
    (
        MOOD,
        "remission in 19 of 21 (90.5 %), open label, no sham",
        "resistant depression, 50 sessions of 1800 pulses of iTBS, 10 a day, 50 min apart",
        "cole2020",
        "high",
    ),
    (
        MOOD,
        "MADRS -52.5 % with active and -11.1 % with sham stimulation at 4 weeks",
        "randomised trial of that schedule, 14 active and 15 sham",
        "cole2022",
        "high",
    ),
    (
        MOOD,
        "remission 50.0 % with active and 20.8 % with sham, response 54.2 % and 25.0 %, at "
        "1 month",
        "randomised trial of accelerated iTBS, 48 people",
        "Kratter et al. 2026, doi:10.1002/wps.70032",
        "high",
    ),
    (
        MOOD,
        "HRSD from 23.5 to 13.4 with 10 Hz, from 23.6 to 13.4 with iTBS; no sham arm",
        "414 people with depression, randomised non-inferiority trial",
        "blumberger2018",
        "high",
    ),
    (
        MOOD,
        "response 38.4 % with active and 21.4 % with sham; remission 32.6 % and 14.6 %, "
        "quoted from memory",
        "depression, deep H1 coil at 18 Hz",
        "levkovitz2015",
        "medium",
    ),
    (
        MOOD,
        "response 38.1 % with active and 11.1 % with sham at week 6",
        "obsessive-compulsive disorder, deep H7 coil at 20 Hz",
        "carmi2019",
        "high",
    ),
    (
        MOOD,
        "four weeks of continuous abstinence in 19.4 % with active, 8.7 % with sham",
        "smoking, deep H4 coil at 10 Hz",
        "zangen2021",
        "high",
    ),
    (
        SPACING,
        "a second theta burst after 60 min recruits new spines, but not after shorter gaps",
        "hippocampal slices",
        "kramar2012",
        "high",
    ),
    (
        SPACING,
        "two iTBS600 5 min apart lower, 15 min apart raise motor responses up to 60 min; a "
        "single one did not change them; 53 % and 40 % of people responded",
        "motor cortex, 15 people",
        "Tse et al. 2018, Sci Rep 8:8526, doi:10.1038/s41598-018-26791-w",
        "high",
    ),
    (
        SPACING,
        "1800 pulses of iTBS at once lower, 3 times 600 with 10 or 30 min between raise "
        "motor responses, 30 min for the longest",
        "motor cortex, 16 people",
        "Yu et al. 2020, Front Neurosci 14:576",
        "high",
    ),
    (
        SPACING,
        "three blocks of iTBS600 at 15 min raise responses more than one; another "
        "laboratory (Murakami) saw a reversal at the same 15 min",
        "motor cortex, 16 people",
        "Nettekoven et al. 2014",
        "high",
    ),
    (
        RATE,
        "1 Hz lowers and 20 Hz raises motor responses, 10 Hz changes them not "
        "significantly; another laboratory (J Korean Acad Rehabil Med 2006;30:436) saw a "
        "rise for 10 min after 10 Hz",
        "motor cortex, 20 people",
        "maeda2000",
        "high",
    ),
    (
        GENE,
        "Met carriers responded otherwise than Val/Val to every protocol tested; that iTBS "
        "and cTBS left no after-effect in them is quoted from memory; later reports "
        "contrary or null (Li Voti 2011, Mastroeni 2013)",
        "motor cortex, 9 Val/Val and 9 Met carriers (numbers quoted from memory)",
        "Cheeran et al. 2008",
        "low",
    ),
    (
        GENE,
        "cTBS lowers responses in Val/Val and raises them slightly in Met carriers, quoted "
        "from memory; no size given here",
        "18 people with a chronic stroke, cTBS600",
        "Parchure et al. 2022, Neuromodulation 25:569, PMC8913155",
        "medium",
    ),
    (
        DRUG,
        "memantine, an NMDA antagonist, abolished the after-effects of iTBS and cTBS",
        "motor cortex, 6 people",
        "huang2007",
        "high",
    ),
    (
        DRUG,
        "cTBS potentiated the naive cortex, but depressed it under nimodipine, which "
        "blocks L-type channels; dextromethorphan, an NMDA antagonist, abolished both",
        "motor cortex",
        "wankerl2010",
        "high",
    ),
    (
        DRUG,
        "a short contraction before cTBS, or a small dose of nimodipine, left the "
        "potentiation; both together turned it into depression, the deeper the more "
        "nimodipine",
        "motor cortex",
        "wankerl2010",
        "high",
    ),
    (
        DRUG,
        "dextromethorphan and nimodipine each abolished the depression by a nerve stimulus "
        "that arrives after the pulse",
        "motor cortex, paired associative stimulation (PAS10)",
        "wolters2003",
        "high",
    ),
    (
        DRUG,
        "dextromethorphan and nimodipine each abolished the facilitation by paired "
        "associative stimulation; ethosuximide, which blocks T-type channels, turned it "
        "into depression, and abolished the facilitation by theta burst",
        "motor cortex",
        "weise2017",
        "high",
    ),
    (
        PEOPLE,
        "no mean effect of theta burst; about half of people respond as expected; quoted "
        "from memory",
        "motor cortex, 56 people",
        "Hamada et al. 2013",
        "medium",
    ),
    (
        PEOPLE,
        "12 of 21 people were facilitated by cTBS, which is meant to depress, 9 depressed",
        "motor cortex, cluster analysis",
        "Interindividual variability in response to cTBS in healthy adults, Clin "
        "Neurophysiol 2017, doi:10.1016/j.clinph.2017.08.023",
        "high",
    ),
)
STATEMENTS = tuple(Statement(*row) for row in _ROWS)


def evidence(topic: str = "") -> tuple[Statement, ...]:
    """Return statements.

    Parameters
    ----------
    topic : str
        Words that topic, finding or study must contain; all statements when empty.

    Returns
    -------
    tuple of Statement
        In the order of topics.
    """
    words = topic.lower().split()
    return tuple(
        statement
        for statement in STATEMENTS
        if all(
            word in f"{statement.topic} {statement.finding} {statement.study}".lower()
            for word in words
        )
    )
