"""Pictures of a gallery script: the figures that it holds, which pyplot does not know."""


class Figures:
    """Save each figure of a script once, in the order in which it was made."""

    def __repr__(self) -> str:
        """Stay the same between runs, so that nothing is built anew for it."""
        return "Figures"

    def __call__(self, block, block_vars, gallery_conf):
        """Save the figures that the script's variables hold."""
        from matplotlib.figure import Figure
        from sphinx_gallery.scrapers import figure_rst

        held = block_vars["example_globals"]
        seen = held.setdefault("_figures_seen", set())
        names = []
        for value in list(held.values()):
            if isinstance(value, Figure) and id(value) not in seen:
                seen.add(id(value))
                path = next(block_vars["image_path_iterator"])
                value.savefig(path, dpi=110)
                names.append(path)
        return figure_rst(names, gallery_conf["src_dir"])
