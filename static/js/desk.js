// The worklist by keyboard. Keys of one letter work while the focus is in the list, and nowhere else.
(() => {
  'use strict';
  const list = () => document.getElementById('worklist');
  const links = () => [...(list()?.querySelectorAll('[data-result]') ?? [])];
  const row = (node) => node.closest('tr');
  const link = (node) => row(node)?.querySelector('[data-result]');

  const does = {
    j: (node) => links()[Math.min(links().indexOf(link(node)) + 1, links().length - 1)]?.focus(),
    k: (node) => links()[Math.max(links().indexOf(link(node)) - 1, 0)]?.focus(),
    x: (node) => row(node)?.querySelector('[data-pick]')?.click(),
    t: (node) => row(node)?.querySelector("form[action*='/take'] button")?.click(),
  };

  document.addEventListener('keydown', (event) => {
    const node = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !list()?.contains(node)) return;
    if (node.matches('textarea, select, input:not([type=checkbox])') || !(event.key in does)) return;
    event.preventDefault();
    does[event.key](node);
  });

  document.addEventListener('change', (event) => {
    const picks = [...document.querySelectorAll('[data-pick]')];
    const all = document.querySelector('[data-pick-all]');
    if (event.target === all) picks.forEach((pick) => { pick.checked = all.checked; });
    else if (all && event.target.matches('[data-pick]')) all.checked = picks.every((pick) => pick.checked);
  });
})();
