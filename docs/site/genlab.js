// What folds a cell is called by what it says.
addEventListener("DOMContentLoaded", () => {
  for (const fold of document.querySelectorAll("summary[aria-label]")) fold.removeAttribute("aria-label");
});

// A formula or a table that is wider than the page scrolls: by the arrow keys, too, once it takes the focus.
const reachable = () => {
  for (const wide of document.querySelectorAll("mjx-container[display], .bd-article table, .bd-article pre, .cell_output")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    else wide.removeAttribute("tabindex");
  }
};
addEventListener("load", () => Promise.resolve(window.MathJax?.startup?.promise).then(reachable));
addEventListener("resize", reachable);
