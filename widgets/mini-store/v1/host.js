// The buttons of host.html, and what the stores on it say.
'use strict';
const first = document.querySelector('mini-store');
const column = document.getElementById('column');
const actions = {
  again() {
    first.remove();
    setTimeout(() => column.append(first), 500);
  },
  dark: () => first.setAttribute('theme', 'dark'),
  light: () => first.setAttribute('theme', 'light'),
  en: () => first.setAttribute('lang', 'en'),
  zh: () => first.setAttribute('lang', 'zh'),
};
document.addEventListener('click', ({ target }) => actions[target.dataset.do]?.());
for (const name of ['ready', 'order', 'height', 'error']) {
  document.addEventListener(`mini-store:${name}`, ({ detail }) => {
    document.getElementById('said').append(`${name} ${JSON.stringify(detail)}\n`);
  });
}
