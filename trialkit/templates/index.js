"use strict";
(() => {
  const input = document.querySelector(".filter input");
  const count = document.querySelector(".filter [role=status]");
  const cards = [...document.querySelectorAll(".cards > li")].map((card) => [card, card.textContent.toLowerCase()]);
  input.closest(".filter").hidden = false;
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [card, text] of cards) {
      card.hidden = !words.every((word) => text.includes(word));
      shown += !card.hidden;
    }
    count.textContent = shown === cards.length ? "" : `${shown} of ${cards.length}`;
  });
})();
