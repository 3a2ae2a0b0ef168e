// Counts down to a sale's start, by the server's clock, and keeps its figures fresh. The page says all of it without this, too.
(() => {
  'use strict';
  const countdown = document.querySelector('[data-countdown]');
  if (countdown) {
    const ahead = Date.parse(countdown.dataset.now) - Date.now(); // how far the reader's clock is behind
    const start = Date.parse(countdown.dataset.countdown);
    const two = (value) => String(value).padStart(2, '0');
    let timer;
    const show = () => {
      const seconds = Math.ceil((start - Date.now() - ahead) / 1000);
      countdown.hidden = seconds <= 0;
      if (seconds <= 0) return clearInterval(timer);
      const hours = Math.floor(seconds / 3600);
      countdown.textContent = `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    };
    timer = setInterval(show, 1000);
    show();
  }
  const state = document.querySelector('[data-sale-state]');
  let pause = 5000;
  async function look() {
    if (!document.hidden) {
      try {
        const answer = await fetch(state.dataset.saleState, { headers: { Accept: 'application/json' } });
        if (!answer.ok) throw new Error(answer.status);
        const figures = await answer.json();
        figures.waiting += figures.entered;
        for (const node of state.querySelectorAll('[data-figure]')) {
          node.textContent = new Intl.NumberFormat(document.documentElement.lang).format(figures[node.dataset.figure]);
        }
        pause = ['announced', 'over', 'cancelled'].includes(figures.phase) ? 60000 : 5000;
      } catch {
        pause = Math.min(pause * 2, 60000); // whoever cannot answer is not asked more often
      }
    }
    setTimeout(look, pause + Math.random() * 1000);
  }
  if (state) setTimeout(look, pause);
})();
