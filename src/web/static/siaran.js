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

// The scheduling desk: plays of the picture are dragged with the mouse or moved with the arrow keys. What is sent are the
// page's own forms, and the server's answer is put in place; the server decides.
(function () {
  "use strict";
  var desk = document.querySelector("[data-desk]");
  if (!desk || !window.fetch || !window.URLSearchParams) return;
  var NS = "http://www.w3.org/2000/svg", STEP_MS = 60000, FINE_MS = 15000, STRIP_STEP_MS = 300000, FIRM_PX = 4;
  var said = document.getElementById("said"), held = null, busy = false;
  var part = function () { return desk.querySelector("[data-part]"); };
  var svg = function () { return desk.querySelector("svg[data-strips]"); };
  var say = function (words) { said.textContent = ""; window.setTimeout(function () { said.textContent = words; }, 30); };
  var clock = function (ms) {
    var begin = Number(svg().dataset.start), hour = Number(part().dataset.hour), past = Math.floor((ms - begin) / 1000);
    var second = ((hour * 3600 + past) % 86400 + 86400) % 86400, two = function (n) { return (n < 10 ? "0" : "") + n; };
    return two(Math.floor(second / 3600)) + "." + two(Math.floor(second / 60) % 60) + "." + two(second % 60);
  };
  var ready = function () { desk.querySelectorAll("[data-keys]").forEach(function (e) { e.hidden = false; }); };
  var put = function (html, moved) {
    var at = document.activeElement, in_desk = desk.contains(at) || at === document.body;
    desk.innerHTML = html;
    held = null;
    ready();
    var now = part(), trouble = desk.querySelector("[data-trouble]"), why = trouble && trouble.innerText;
    say(why || now.dataset.said);
    if (!in_desk) return;
    var play = now.dataset.focus && desk.querySelector('a[data-play="' + now.dataset.focus + '"]');
    var place = trouble || play || desk.querySelector("h2");
    if (!place) return;
    if (!place.hasAttribute("href")) place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: !trouble && moved });
  };
  var send = function (body, moved) {
    if (busy) return;
    busy = true;
    window.fetch(part().dataset.action, {
      method: "POST", credentials: "same-origin", body: body,
      headers: { "content-type": "application/x-www-form-urlencoded", "x-siaran-part": "1" }
    }).then(function (answer) {
      // Signed out, or refused as a whole: the page itself says so.
      if (answer.status !== 200 && answer.status !== 422 || answer.redirected) { window.location.reload(); return null; }
      return answer.text().then(function (html) {
        if (html.indexOf("data-part") < 0) { window.location.reload(); return; }
        put(html, moved);
      });
    }).catch(function () { window.location.reload(); }).then(function () { busy = false; });
  };
  var drop = function (key, ms, other) {
    var now = part().dataset, body = new URLSearchParams();
    body.set("do", "move"); body.set("version", now.version); body.set("hour", now.hour);
    body.set("play", key); body.set("near_ms", String(Math.round(ms)));
    if (other) body.set("other", other);
    send(body.toString(), true);
  };
  // A shadow of the play where it would go, on as many strips as it needs.
  var shadow = function () {
    var s = svg(), d = s.dataset, strip = Number(d.strip), left = Number(d.left), wide = Number(d.wide), ghost = s.querySelector(".ghost");
    if (!ghost) { ghost = s.appendChild(document.createElementNS(NS, "g")); ghost.setAttribute("class", "ghost"); }
    while (ghost.firstChild) ghost.removeChild(ghost.firstChild);
    var at = held.to - Number(d.start), end = at + held.length, strips = s.viewBox.baseVal.height / Number(d.height), first = true;
    while (at < end) {
      var row = Math.floor(at / strip), until = Math.min(end, (row + 1) * strip), x = left + (at - row * strip) * (wide - left) / strip;
      if (row >= 0 && row < strips) {
        var rect = ghost.appendChild(document.createElementNS(NS, "rect")), y = row * Number(d.height);
        rect.setAttribute("x", x); rect.setAttribute("y", y); rect.setAttribute("height", d.bar);
        rect.setAttribute("width", Math.max(2, (until - at) * (wide - left) / strip));
        if (first) {
          var words = ghost.appendChild(document.createElementNS(NS, "text"));
          var wider = x + (until - at) * (wide - left) / strip + 5;
          words.setAttribute("x", wider < wide - 65 ? wider : x - 65); words.setAttribute("y", y + Number(d.bar) * 2 / 3);
          words.textContent = clock(held.to); first = false;
        }
      }
      at = until;
    }
  };
  var let_go = function () {
    if (!held) return;
    var ghost = svg().querySelector(".ghost");
    if (ghost) ghost.remove();
    held.play.classList.remove("dragged");
    held = null;
  };
  var hold = function (play) {
    let_go();
    var start = Number(play.dataset.start);
    held = { play: play, key: play.dataset.play, start: start, to: start, length: Number(play.dataset.length), moved: false };
  };
  var time_at = function (event) {
    var s = svg(), d = s.dataset, box = s.getBoundingClientRect(), scale = s.viewBox.baseVal.width / box.width;
    var x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    var rows = s.viewBox.baseVal.height / Number(d.height), row = Math.max(0, Math.min(rows - 1, Math.floor(y / Number(d.height))));
    var across = (x - Number(d.left)) / (Number(d.wide) - Number(d.left));
    return Number(d.start) + (row + Math.max(0, Math.min(1, across))) * Number(d.strip);
  };
  desk.addEventListener("pointerdown", function (event) {
    var play = event.target.closest && event.target.closest("a[data-play]");
    if (!play || event.button !== 0 || event.pointerType === "touch") return;
    hold(play);
    held.grip = time_at(event) - held.start;
    held.x = event.clientX; held.y = event.clientY; held.pointer = event.pointerId;
  });
  desk.addEventListener("dragstart", function (event) { if (event.target.closest("a[data-play]")) event.preventDefault(); });
  window.addEventListener("pointermove", function (event) {
    if (!held || held.pointer !== event.pointerId) return;
    if (!held.moved && Math.abs(event.clientX - held.x) + Math.abs(event.clientY - held.y) < FIRM_PX) return;
    held.moved = true;
    held.play.classList.add("dragged");
    held.to = time_at(event) - held.grip;
    shadow();
  });
  window.addEventListener("pointerup", function (event) {
    if (!held || held.pointer !== event.pointerId) return;
    if (!held.moved) { let_go(); return; }
    var under = document.elementsFromPoint(event.clientX, event.clientY), other = null, own = held;
    under.forEach(function (e) {
      var play = e.closest && e.closest("a[data-play]");
      if (!other && play && play !== own.play) other = play.dataset.play;
    });
    own.play.addEventListener("click", function (e) { e.preventDefault(); }, { once: true });
    drop(own.key, own.to, other);
    window.setTimeout(let_go, 0);
  });
  window.addEventListener("pointercancel", let_go);
  desk.addEventListener("keydown", function (event) {
    var play = event.target.closest && event.target.closest("a[data-play]");
    if (!play || event.altKey || event.ctrlKey || event.metaKey) return;
    var fine = event.shiftKey ? FINE_MS : STEP_MS;
    var by = { ArrowLeft: -fine, ArrowRight: fine, ArrowUp: -STRIP_STEP_MS, ArrowDown: STRIP_STEP_MS }[event.key];
    if (by) {
      event.preventDefault();
      if (!held || held.play !== play) hold(play);
      held.to += by; held.moved = true;
      play.classList.add("dragged");
      shadow();
      say(part().dataset.dragged.replace("%", clock(held.to)));
    } else if (event.key === "Enter" && held && held.play === play && held.moved) {
      event.preventDefault();
      drop(held.key, held.to, null);
      let_go();
    } else if (event.key === "Escape" && held) {
      event.preventDefault();
      say(clock(held.start));
      let_go();
    }
  });
  desk.addEventListener("focusout", function (event) { if (held && !held.pointer && event.target === held.play) let_go(); });
  desk.addEventListener("submit", function (event) {
    var form = event.target, body = new URLSearchParams(new FormData(form));
    event.preventDefault();
    send(body.toString(), false);
  });
  ready();
})();
