
// Adds to a page that is complete without it: what a mark stands for at the pointer and by arrow keys, sorted tables, a search.
(() => {
  "use strict";
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  const says = document.getElementById("says");
  let on = null;

  const show = (mark, x, y) => {
    if (on && on !== mark) on.classList.remove("on");
    on = mark;
    mark.classList.add("on");
    tip.textContent = mark.dataset.says;
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(x + 12, innerWidth - width - 8));
    const top = y - height - 12 < 8 ? y + 18 : y - height - 12;
    tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  };
  const hide = () => {
    if (on) on.classList.remove("on");
    on = null;
    tip.hidden = true;
  };

  for (const plot of document.querySelectorAll("svg.plot")) {
    const marks = [...plot.querySelectorAll(".m")];
    for (const mark of marks) {
      const title = mark.querySelector("title");
      mark.dataset.says = title.textContent;
      title.remove(); // or the browser would show it as well
    }
    if (marks.length === 0) continue;
    const follow = (event) => {
      const mark = event.target.closest(".m");
      if (mark) show(mark, event.clientX, event.clientY);
      else hide();
    };
    plot.addEventListener("pointermove", follow);
    plot.addEventListener("pointerdown", follow);
    plot.addEventListener("pointerleave", hide);

    plot.tabIndex = 0;
    let at = -1;
    const go = (to) => {
      at = Math.max(0, Math.min(to, marks.length - 1));
      const mark = marks[at];
      const box = (mark.querySelector(".bar, .point, .band") || mark).getBoundingClientRect();
      show(mark, box.x + box.width / 2, box.y);
      says.textContent = mark.dataset.says;
    };
    plot.addEventListener("focus", () => {
      if (plot.matches(":focus-visible")) go(at < 0 ? 0 : at);
    });
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: marks.length - 1 };
      if (event.key === "Escape") hide();
      else if (event.key in to) go(to[event.key]);
      else return;
      event.preventDefault();
    });
  }

  for (const table of document.querySelectorAll("table.sorted")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const isNumber = head.classList.contains("n");
        const before = head.getAttribute("aria-sort");
        const first = isNumber ? "descending" : "ascending";
        const other = isNumber ? "ascending" : "descending";
        const order = before === first ? other : first;
        for (const each of heads) each.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", order);
        const value = (row) => {
          const cell = row.cells[column];
          return isNumber ? Number(cell.dataset.v) : cell.textContent;
        };
        const compare = isNumber ? (a, b) => a - b : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
        const rows = [...table.tBodies[0].rows].map((row) => [value(row), row]);
        rows.sort((a, b) => (order === "ascending" ? compare(a[0], b[0]) : compare(b[0], a[0])));
        table.tBodies[0].append(...rows.map((pair) => pair[1]));
      });
    });
  }

  const search = document.getElementById("search");
  if (search) {
    search.closest(".search").hidden = false;
    const rows = [...document.querySelectorAll("#keys tbody tr")];
    const lines = [...document.querySelectorAll("#timelines article")];
    const text = (row) => [...row.querySelectorAll("bdi, i")].map((value) => value.textContent).join("\n").toLowerCase();
    const name = (line) => [...line.querySelectorAll(".key > bdi, .key > i")].map((v) => v.textContent).join("\n").toLowerCase();
    const texts = rows.map(text);
    const names = lines.map(name);
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      rows.forEach((row, at) => { row.hidden = !texts[at].includes(wanted); });
      lines.forEach((line, at) => { line.hidden = !names[at].includes(wanted); });
      const found = rows.filter((row) => !row.hidden).length;
      document.getElementById("found").textContent = wanted ? `${found} of ${rows.length}` : "";
    });
  }
})();
