// The scene and what draws it lie packed in the page; they are unpacked when they come in sight.
(function () {
  const stage = document.getElementById("scene");
  let begun = false;
  async function unpack() {
    if (begun) return;
    begun = true;
    const packed = document.getElementById("packed").textContent.trim();
    const button = document.getElementById("unpack");
    button.textContent = "Drawing ...";
    try {
      const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      const script = document.createElement("script");
      script.textContent = await new Response(stream).text();
      button.remove();
      document.body.append(script);
    } catch (error) {
      stage.textContent = "This browser cannot draw the scene: " + error;
    }
  }
  document.getElementById("unpack").addEventListener("click", unpack);
  if ("IntersectionObserver" in window) {
    const near = new IntersectionObserver((seen) => {
      if (seen.some((entry) => entry.isIntersecting)) { near.disconnect(); unpack(); }
    }, { rootMargin: "300px" });
    near.observe(stage);
  }
})();
