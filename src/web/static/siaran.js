// Pages work without this. It shows how far an upload has come, and asks before a page with one under way is left.
(function () {
  "use strict";
  var form = document.querySelector("form[data-upload]");
  if (!form || !window.FormData) return;
  var bar = form.querySelector("progress"), line = form.querySelector("[data-progress]");
  form.addEventListener("submit", function (event) {
    event.preventDefault();
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
    var clip = form.elements.clip.files[0];
    form.elements.clip_bytes.value = clip ? clip.size : "";
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
})();
