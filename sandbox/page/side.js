/** The left side: which bots there are, and who one is. */
import { byId, element, replaceKeepingFocus } from './dom.js'

export function renderBots(bots, currentId, open) {
  const items = bots.map((bot) => {
    const current = bot.id === currentId ? 'true' : undefined
    const button = element(
      'button',
      {
        type: 'button',
        class: 'row',
        'data-key': `bot:${bot.id}`,
        'aria-current': current,
        onclick: () => open(bot.id),
      },
      avatar(bot.name, bot.id),
      element('span', { class: 'row-text' }, element('bdi', {}, bot.name), element('small', {}, bot.address)),
      element('span', {
        class: bot.online ? 'dot on' : 'dot',
        role: 'img',
        title: bot.status,
        'aria-label': bot.status,
      }),
    )
    return element('li', {}, button)
  })
  replaceKeepingFocus(byId('bots'), items)
  byId('no-bots').hidden = bots.length > 0
}

export function renderPeople(people, currentId, become) {
  const items = people.map((person) => {
    const current = person.id === currentId ? 'true' : undefined
    const button = element(
      'button',
      { type: 'button', class: 'row', 'data-key': `person:${person.id}`, 'aria-current': current },
      avatar(person.first_name, person.id),
      element('span', { class: 'row-text' }, element('bdi', {}, person.first_name)),
      element('small', {}, person.language_code ?? ''),
    )
    button.addEventListener('click', () => become(person.id))
    return element('li', {}, button)
  })
  replaceKeepingFocus(byId('people'), items)
}

/** The first letter on one of six hues, the same for the same id. */
function avatar(name, id) {
  return element(
    'span',
    { class: `avatar hue-${Number(String(id).replace(/\D/g, '')) % 6}`, 'aria-hidden': 'true' },
    [...name][0] ?? '?',
  )
}
