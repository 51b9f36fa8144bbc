"""The parts of the explorer that are no choice and no chart: its look, and a text to copy."""

import anywidget
import traitlets

STYLE = """<style>
.tk-explorer {gap: 10px}
.tk-explorer .tk-filter {flex-direction: column; align-items: stretch; align-self: start; width: auto; height: auto; margin: 0}
.tk-explorer .tk-filter > label {width: auto; height: auto; text-align: left; font-weight: 600; line-height: 1.5}
.tk-explorer .tk-filter > select, .tk-explorer .tk-filter > input {flex: none; width: 100%; box-sizing: border-box}
.tk-explorer .tk-wide {grid-column: span 2}
.tk-explorer .widget-html-content {line-height: 1.45}
.tk-explorer .tk-count {font-size: 1.25em; font-weight: 600; margin: 0}
.tk-explorer .tk-note {color: var(--jp-ui-font-color2, #57606a); margin: 0; overflow-wrap: break-word}
.tk-explorer .tk-chart {max-width: 100%; overflow-x: auto; background: #fff; border-radius: 4px; padding: 4px}
.tk-explorer .tk-chart .tk-note {max-width: 430px; color: #57606a; font-size: 12px}
.tk-explorer table {border-collapse: collapse; font-size: 13px; margin-bottom: 10px}
.tk-explorer caption {text-align: left; font-weight: 600; padding: 2px 0 6px}
.tk-explorer th, .tk-explorer td {padding: 3px 12px 3px 0; border-bottom: 1px solid var(--jp-border-color2, #d8dee4);
  text-align: left; vertical-align: top; font-weight: normal; white-space: normal; overflow-wrap: break-word}
.tk-explorer thead th {font-weight: 600}
.tk-explorer th[scope=row] {white-space: nowrap}
.tk-explorer td.tk-number {text-align: right}
.tk-explorer .tk-missing {color: var(--jp-ui-font-color2, #57606a)}
.tk-explorer .tk-scroll {max-height: 460px; overflow: auto}
.tk-explorer :is(select, input, button, a, .tk-scroll):focus-visible {outline: 2px solid #0072b2; outline-offset: -1px}
.tk-copy {display: flex; gap: 8px; align-items: baseline; flex-wrap: wrap}
.tk-copy code {user-select: all; overflow-wrap: anywhere; background: var(--jp-layout-color2, #f0f2f4); padding: 2px 6px}
</style>"""


class CopyText(anywidget.AnyWidget):
    """A text with a button that puts it on the clipboard; where the browser refuses, the text is selected instead."""

    text = traitlets.Unicode("").tag(sync=True)
    label = traitlets.Unicode("Copy").tag(sync=True)

    _esm = """
    function render({ model, el }) {
      const [code, button, told] = ["code", "button", "span"].map((name) => document.createElement(name));
      el.classList.add("tk-copy");
      button.className = "jupyter-button widget-button";
      button.style.width = "auto";
      button.textContent = model.get("label");
      told.setAttribute("role", "status");
      const show = () => { code.textContent = model.get("text"); told.textContent = ""; };
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(model.get("text"));
          told.textContent = "copied";
        } catch {
          getSelection().selectAllChildren(code);
          told.textContent = "selected: press Ctrl+C";
        }
      });
      model.on("change:text", show);
      show();
      el.append(code, button, told);
      return () => model.off("change:text", show);
    }
    export default { render };
    """
