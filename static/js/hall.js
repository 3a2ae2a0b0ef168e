// What the pages add when JavaScript is there. Everything works without it.
(() => {
  'use strict';
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add('js');

  // An error summary takes the focus and says so in the title.
  function showErrors(root = document) {
    const summary = $('[data-error-summary]', root);
    if (!summary) return;
    const word = summary.dataset.errorSummary;
    if (!document.title.startsWith(word)) document.title = `${word} ${document.title}`;
    summary.focus();
  }

  // Sentences marked data-announce are read out when they arrive.
  function announce(root) {
    const said = all('[data-announce]', root).map((node) => node.textContent.replace(/\s+/g, ' ').trim()).join(' ');
    if (said) $('#announce').textContent = said;
  }

  // A form is sent once: a second submit while the first is under way is dropped.
  const buttons = (form) => all('button[type=submit], button:not([type])', form);
  function release(form) {
    delete form.dataset.busy;
    buttons(form).forEach((button) => button.removeAttribute('aria-disabled'));
  }
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!('once' in form.dataset)) return;
    if (form.dataset.busy) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.busy = 'yes';
    buttons(form).forEach((button) => button.setAttribute('aria-disabled', 'true'));
    setTimeout(() => release(form), 15000);
  }, true);
  window.addEventListener('pageshow', () => all('form[data-busy]').forEach(release));

  document.addEventListener('htmx:before:request', (event) => {
    event.detail.ctx?.target?.setAttribute?.('aria-busy', 'true');
  });
  document.addEventListener('htmx:finally:request', (event) => {
    const { ctx } = event.detail;
    ctx?.target?.removeAttribute?.('aria-busy');
    const form = ctx?.sourceElement?.closest?.('form');
    if (form) release(form);
  });
  document.addEventListener('htmx:after:swap', () => {
    showErrors();
    announce(document);
  });

  document.addEventListener('click', (event) => {
    all('details.menu[open]').forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    const reveal = event.target.closest('[data-reveal]');
    if (reveal) {
      const field = document.getElementById(reveal.dataset.reveal);
      const shown = field.type === 'password';
      field.type = shown ? 'text' : 'password';
      reveal.setAttribute('aria-pressed', String(shown));
    }
    if (event.target.closest('[data-print]')) window.print();
  });

  // Keys: / to the search, Esc clears it or closes a menu, arrows walk the results, Alt+1…9 to a card.
  const typing = (node) => node.matches('input, textarea, select, [contenteditable]');
  function escape(node) {
    const menu = $('details.menu[open]');
    if (menu) {
      menu.open = false;
      $('summary', menu).focus();
    } else if (node.matches('[data-search]') && node.value) {
      node.value = '';
      node.dispatchEvent(new Event('input', { bubbles: true }));
    } else if (node.matches('[data-result]')) {
      $('[data-search]')?.focus();
    }
  }
  function walk(event, search) {
    const links = all('[data-results] [data-result]');
    const at = links.indexOf(document.activeElement);
    if (!links.length || (at < 0 && document.activeElement !== search)) return;
    const to = at + (event.key === 'ArrowDown' ? 1 : -1);
    if (to >= links.length) return;
    event.preventDefault();
    (to < 0 ? search : links[to])?.focus();
  }
  document.addEventListener('keydown', (event) => {
    const node = event.target;
    if (event.isComposing) return;
    const search = $('[data-search]');
    if (event.key === '/' && search && !typing(node) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === 'Escape') {
      escape(node);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      walk(event, search);
    } else if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
      const card = $(`[data-key="${event.code.slice(5)}"]`);
      if (!card) return;
      event.preventDefault();
      card.scrollIntoView({ block: 'nearest' });
      ($('a[href], button, input:not([type=hidden]), select', card) || card).focus();
    }
  });

  showErrors();
})();
