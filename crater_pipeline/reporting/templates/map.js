// The report's map: the raster as a pyramid of pictures, craters drawn on a canvas and filtered by score and size.
// Everything is in pixels of the raster, x to the right and y down; zoom 0 shows one of them as one of the screen.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const COLOURS = {matched: "#2fe08a", candidate: "#ffa51f", missed: "#ff4a5d", unverifiable: "#c3c9d2"};
  const HOVER_PX = 6, LEAST_RADIUS_PX = 1.5, STEPS = 1000;

  const crs = L.extend({}, L.CRS.Simple, {transformation: new L.Transformation(1, 0, 1, 0)});
  const map = L.map("map-view", {
    crs, minZoom: -10, maxZoom: 4, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 120, attributionControl: false,
    zoomAnimation: false, fadeAnimation: false,
  });
  const whole = L.latLngBounds([0, 0], [data.height, data.width]);

  const Raster = L.GridLayer.extend({
    createTile(at) {
      const tile = document.createElement("img");
      const source = data.pictures[`${-at.z}/${at.x}/${at.y}`];
      if (source) tile.src = source;
      tile.alt = "";
      return tile;
    },
  });
  new Raster({
    tileSize: data.tile_px, bounds: whole, noWrap: true, minZoom: -10, maxZoom: 4,
    maxNativeZoom: -data.finest, minNativeZoom: -data.coarsest,
  }).addTo(map);

  for (const [part, rings] of data.outlines)
    L.polygon(rings.map((ring) => ring.map(([x, y]) => [y, x])), {
      className: `outline ${part}`, interactive: false, renderer: L.svg({padding: 0.5}),
    }).addTo(map);

  const renderer = L.canvas({padding: 0.3});
  const Crater = L.Circle.extend({
    _project() {
      L.Circle.prototype._project.call(this);
      this._radiusY = Math.max(this._radius, LEAST_RADIUS_PX);
      this._radius = this._radiusY * this.stretch;
      this.options.weight = this._radiusY < 5 ? 1 : 1.7;
      this._updateBounds();
    },
    _empty() { return !this.shown || L.Circle.prototype._empty.call(this); },
    _containsPoint(point) {
      const across = (point.x - this._point.x) / this.stretch, down = point.y - this._point.y;
      return this.shown && Math.abs(Math.hypot(across, down) - this._radiusY) <= HOVER_PX;
    },
  });
  const group = L.featureGroup();
  const found = [], known = [];

  function add(list, rows, kind, i) {
    const circle = new Crater([rows.y[i], rows.x[i]], {
      radius: rows.r[i], renderer, fill: false, color: COLOURS[kind],
      dashArray: kind === "missed" ? "5 3" : null,
    });
    Object.assign(circle, {
      kind, shown: false, stretch: rows.stretch ? rows.stretch[i] : 1, diameter: rows.diameter_km[i], score: rows.score ? rows.score[i] : null,
      truth: rows.truth ? rows.truth[i] : i, name: rows.name[i], place: `${rows.lon[i]}°, ${rows.lat[i]}°`,
    });
    list.push(circle);
    group.addLayer(circle);
  }
  // The largest first: small craters inside large ones lie on top.
  data.craters.x.forEach((_, i) => add(found, data.craters, data.kinds[data.craters.kind[i]], i));
  data.truth.x.forEach((_, i) => add(known, data.truth, "missed", i));
  group.bindTooltip((crater) => {
    const score = crater.score === null ? "" : `, score ${crater.score.toFixed(2)}`;
    const lines = [`${crater.kind}: D ${crater.diameter.toPrecision(3)} km${score}`, crater.place, crater.name];
    const tip = document.createElement("div");
    for (const line of lines) tip.appendChild(document.createElement("div")).textContent = line;
    return tip;
  }, {sticky: true});
  group.addTo(map);

  const input = (name) => document.getElementById(`map-${name}`);
  const sizes = [...found, ...known].map((crater) => crater.diameter);
  const least = sizes.reduce((a, b) => Math.min(a, b), Infinity), most = sizes.reduce((a, b) => Math.max(a, b), 0);
  const diameterAt = (step) => least * (most / least) ** (step / STEPS);

  function filter() {
    const score = Number(input("score").value), step = Number(input("diameter").value);
    const diameter = sizes.length ? diameterAt(step) : 0;
    const wanted = {}, count = {};
    for (const kind of [...data.kinds, "missed"]) {
      const toggle = input(`show-${kind}`);
      wanted[kind] = toggle !== null && toggle.checked;
      count[kind] = 0;
    }
    const taken = new Set();
    for (const crater of found) {
      const sure = crater.score >= score;
      if (sure && crater.truth >= 0) taken.add(crater.truth);
      crater.shown = sure && (step === 0 || crater.diameter >= diameter) && wanted[crater.kind];
      count[crater.kind] += crater.shown;
    }
    for (const crater of known) {
      crater.shown = !taken.has(crater.truth) && (step === 0 || crater.diameter >= diameter) && wanted.missed;
      count.missed += crater.shown;
    }
    input("score-value").textContent = score.toFixed(2);
    input("diameter-value").textContent = sizes.length ? `${diameter.toPrecision(3)} km` : "";
    input("count").textContent = Object.entries(count).filter(([kind]) => wanted[kind])
      .map(([kind, n]) => `${n.toLocaleString("en")} ${kind}`).join(", ");
    renderer._redrawBounds = null;
    renderer._redraw();
  }
  for (const each of document.querySelectorAll("#map-controls input")) each.addEventListener("input", filter);

  // A bar of a round number of kilometres, at the scale of the raster's middle.
  const Scale = L.Control.extend({
    options: {position: "bottomleft"},
    onAdd() {
      const bar = L.DomUtil.create("div", "scale-bar");
      const update = () => {
        const km = data.km_per_px / map.getZoomScale(map.getZoom(), 0) * 110;
        const power = 10 ** Math.floor(Math.log10(km));
        const round = [5, 2, 1].map((m) => m * power).find((each) => each <= km);
        bar.style.width = `${110 * round / km}px`;
        bar.textContent = `${round} km`;
      };
      map.on("zoomend", update);
      setTimeout(update);
      return bar;
    },
  });
  map.fitBounds(whole, {animate: false});
  if (data.km_per_px) new Scale().addTo(map);
  filter();

  for (const row of document.querySelectorAll("[data-crater]")) {
    const crater = found.find((each) => each.name === row.dataset.crater);
    if (!crater) continue;
    row.addEventListener("click", () => {
      const around = 6 * Math.max(crater.getRadius(), 8), at = crater.getLatLng();
      map.fitBounds([[at.lat - around, at.lng - around], [at.lat + around, at.lng + around]]);
      document.getElementById("map").scrollIntoView();
    });
  }
  document.getElementById("map-whole").addEventListener("click", () => map.fitBounds(whole, {animate: false}));
  window.craterMap = {map, found, known};
})();
