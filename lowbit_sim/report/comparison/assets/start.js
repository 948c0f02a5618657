// Light or dark, what a print shows, and the start of each part.
function startTheme() {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const asked = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : asked.matches);
  const tell = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    tell();
  });
  asked.addEventListener("change", tell);
  tell();
}

function startPrint() {
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((one) => {
      one.open = true;
      one.dataset.opened = "";
    });
  });
  window.addEventListener("afterprint", () => {
    document.querySelectorAll("details[data-opened]").forEach((one) => {
      one.open = false;
      delete one.dataset.opened;
    });
  });
}

startTheme();
startPrint();
startPareto();
startCandidates();
startLayers();
document.documentElement.dataset.ready = "";
