// The map of the list: provinces, municipalities when near, and a dot for each place where initiatives are.
// Without this script the page shows a still picture; the list beside it has the same initiatives.
"use strict";

(async () => {
  const holder = document.getElementById("kaart");
  if (!holder || !window.L) return;
  const [land, found] = await Promise.all([
    fetch("/kaart/grenzen/provincies.geojson").then((answer) => answer.json()),
    fetch(`/api/initiatives?limit=5000&${holder.dataset.query}`).then((answer) => answer.json()),
  ]);

  const still = holder.querySelector("img");
  holder.replaceChildren();
  holder.setAttribute("role", "region");
  holder.setAttribute("aria-label", "Kaart. Alles op deze kaart staat ook in de lijst.");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(holder, {
    preferCanvas: true, minZoom: 6, maxZoom: 14, zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm,
    zoomControl: false, scrollWheelZoom: false,
  });
  map.attributionControl.setPrefix(false).addAttribution("Grenzen: CBS/Kadaster · Plaatsen: GeoNames");
  L.control.zoom({ zoomInTitle: "Dichterbij", zoomOutTitle: "Verder weg" }).addTo(map);
  map.on("focus click", () => map.scrollWheelZoom.enable());

  const provinces = L.geoJSON(land, {
    interactive: false,
    style: { color: "#4f9a7f", weight: 1.2, fillColor: "#e3f0ea", fillOpacity: 1 },
  }).addTo(map);

  let municipalities = null;
  map.on("zoomend", async () => {
    dots.eachLayer((dot) => dot.setRadius(radius(dot.options.here)));
    if (map.getZoom() < 9) {
      if (municipalities) municipalities.remove();
      return;
    }
    if (!municipalities) {
      municipalities = L.layerGroup();
      const borders = await fetch("/kaart/grenzen/gemeenten.geojson").then((answer) => answer.json());
      L.geoJSON(borders, {
        interactive: false, style: { color: "#4f9a7f", weight: 0.6, fill: false },
      }).addTo(municipalities);
    }
    if (map.getZoom() >= 9) municipalities.addTo(map);
    dots.eachLayer((dot) => dot.bringToFront());
  });

  const places = new Map();
  for (const one of found.initiatives) {
    if (one.lat === undefined) continue;
    const at = `${one.lat},${one.lon}`;
    if (!places.has(at)) places.set(at, []);
    places.get(at).push(one);
  }
  const dots = L.featureGroup();
  for (const here of places.values()) {
    L.circleMarker([here[0].lat, here[0].lon], {
      here: here.length, radius: radius(here.length), color: "#fffdf9", weight: 1, fillColor: "#b4530a", fillOpacity: 0.9,
    }).bindPopup(() => described(here), { maxWidth: 280 }).addTo(dots);
  }
  dots.addTo(map);
  const near = holder.dataset.region && places.size;
  map.fitBounds(near ? dots.getBounds().pad(0.1) : provinces.getBounds(), { maxZoom: 11, animate: false });
  if (still) still.remove();

  function radius(number) {
    const one = map.getZoom() === undefined || map.getZoom() < 8 ? 3.5 : 5.5;
    return one + Math.min(9, 2.5 * (Math.sqrt(number) - 1));
  }

  function described(here) {
    const list = document.createElement("ul");
    list.className = "bb-popup";
    for (const one of here) {
      const line = document.createElement("li");
      const name = document.createElement("strong");
      name.textContent = one.name;
      line.append(name, [one.kindLabel, one.place ?? one.municipalityName].filter(Boolean).join(" · "));
      list.append(line);
    }
    return list;
  }
})();
