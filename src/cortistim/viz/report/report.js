// Parts that only frame the cortex let the pointer through, so that the field beneath them
// can be read. plotly draws them into its picking buffer even when they have no hover text.
(function () {
  const plot = document.getElementById("{plot_id}");
  function letPointerThrough() {
    const stage = (plot._fullLayout.scene || {})._scene;
    if (!stage || !stage.glplot) return;
    for (const trace of Object.values(stage.traces)) {
      if (trace.data.hoverinfo !== "skip") continue;
      for (const part of [trace.mesh, trace.scatterPlot, trace.linePlot]) {
        if (part) part.drawPick = function () {};
      }
    }
    stage.glplot.update({});
  }
  plot.on("plotly_afterplot", letPointerThrough);
  letPointerThrough();
})();
