// Pages work without this. It shows how far an upload has come, asks before a page with one under way is left, keeps
// the wall's page as it is now, and moves a clip's preview to what was found in it.
(function () {
  "use strict";
  var form = document.querySelector("form[data-upload]");
  if (!form || !window.FormData) return;
  var bar = form.querySelector("progress"), line = form.querySelector("[data-progress]");
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var clip = form.elements.clip.files[0];
    // Nobody waits for an upload that is refused at its end.
    if (clip && clip.size > Number(form.dataset.most)) { line.textContent = form.dataset.large; return; }
    var request = new XMLHttpRequest(), buttons = form.querySelectorAll("button");
    var under_way = function (e) { e.preventDefault(); };
    var over = function () {
      window.removeEventListener("beforeunload", under_way);
      buttons.forEach(function (b) { b.disabled = false; });
    };
    request.upload.addEventListener("progress", function (e) {
      if (!e.lengthComputable) return;
      var percent = Math.floor(e.loaded * 100 / e.total);
      bar.value = percent;
      line.textContent = form.dataset.sent.replace("%", percent + " %");
    });
    request.addEventListener("load", function () {
      over();
      if (request.responseURL && request.status < 400 && request.responseURL !== form.action) {
        window.location.assign(request.responseURL);
      } else {
        document.open(); document.write(request.responseText); document.close();
      }
    });
    request.addEventListener("error", function () { over(); line.textContent = form.dataset.broken; });
    window.addEventListener("beforeunload", under_way);
    buttons.forEach(function (b) { b.disabled = true; });
    bar.hidden = false;
    line.textContent = form.dataset.sent.replace("%", "0 %");
    form.elements.clip_bytes.value = clip ? clip.size : "";
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
})();

// The wall's page: the server sends the parts that changed. What has the focus keeps it; a page that hears nothing says
// so, because what stands on it is of the past.
(function () {
  "use strict";
  var page = document.querySelector("[data-live]");
  if (!page) return;
  var again = function () { window.setTimeout(function () { window.location.reload(); }, 3000); };
  if (!window.EventSource) { again(); return; }
  var stale = page.querySelector("[data-stale]"), heard = Date.now(), QUIET_MS = 6000;
  var put = function (place, part) {
    if (place.dataset.v === part.v) return;
    var at = document.activeElement, held = place.contains(at) ? at.getAttribute("href") : null;
    place.innerHTML = part.html;
    place.dataset.v = part.v;
    if (held === null) return;
    var same = Array.prototype.find.call(place.querySelectorAll("a"), function (a) { return a.getAttribute("href") === held; });
    (same || document.getElementById("main")).focus({ preventScroll: true });
  };
  var source = new EventSource(page.dataset.live);
  source.addEventListener("parts", function (event) {
    var parts = JSON.parse(event.data);
    heard = Date.now();
    stale.hidden = true;
    page.querySelectorAll("[data-part]").forEach(function (place) {
      if (parts[place.dataset.part]) put(place, parts[place.dataset.part]);
    });
    var picture = page.querySelector("img.still");
    if (picture) picture.src = picture.getAttribute("src").split("?")[0] + "?" + heard;
  });
  source.addEventListener("gone", function () { window.location.reload(); });
  source.addEventListener("error", function () { if (source.readyState === EventSource.CLOSED) again(); });
  window.addEventListener("pagehide", function () { source.close(); });
  window.setInterval(function () { if (Date.now() - heard > QUIET_MS) stale.hidden = false; }, 1000);
})();

// A request's page: how far the work on its file is. When it is over the page loads itself again, unless someone is
// watching the clip or filling a form in.
(function () {
  "use strict";
  var place = document.querySelector("[data-work]"), AGAIN_MS = 2000, LATER_MS = 10000;
  if (!place || !window.fetch) return;
  var busy = function () {
    var film = document.querySelector("video"), at = document.activeElement;
    return (film && !film.paused) || (at && at.form);
  };
  var over = function () { if (busy()) window.setTimeout(over, AGAIN_MS); else window.location.reload(); };
  var look = function () {
    window.fetch(place.dataset.work, { credentials: "same-origin" }).then(function (answer) {
      if (answer.status === 204) { over(); return null; }
      if (!answer.ok) throw new Error(answer.status);
      return answer.text().then(function (html) { place.innerHTML = html; window.setTimeout(look, AGAIN_MS); });
    }).catch(function () { window.setTimeout(look, LATER_MS); });
  };
  window.setTimeout(look, AGAIN_MS);
})();

// What was found along a clip: its place is shown in the preview on the page.
(function () {
  "use strict";
  var timeline = document.querySelector(".timeline"), film = document.querySelector("video");
  if (!timeline || !film) return;
  timeline.addEventListener("click", function (event) {
    var place = event.target.closest("[data-seek]");
    if (!place) return;
    event.preventDefault();
    film.pause();
    film.currentTime = place.dataset.seek / 1000;
    film.focus();
  });
})();
