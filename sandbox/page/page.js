import { safeHtml } from '/safe-html.js'

const $ = (id) => document.getElementById(id)
const query = new URLSearchParams(location.search)
const state = {
  bots: [],
  people: [],
  botId: undefined,
  personId: Number(sessionStorage.getItem('person')) || undefined,
  chat: undefined,
}

async function get(path) {
  const response = await fetch(`/sandbox/${path}`)
  return response.json()
}

async function post(name, body) {
  const response = await fetch(`/sandbox/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return response.json()
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value)
  }
  made.append(...children)
  return made
}

const subject = () => ({ bot_id: state.botId, person_id: state.personId })
const currentBot = () => state.bots.find((bot) => bot.id === state.botId)

async function say(text) {
  await post('messages', { ...subject(), text })
  await loadChat()
}

async function loadBots() {
  state.bots = await get('bots')
  const wanted = query.get('bot')
  if (state.botId === undefined) {
    const found = state.bots.find((bot) => bot.username === wanted)
    if (found !== undefined || matchMedia('(min-width: 700px)').matches) state.botId = (found ?? state.bots[0])?.id
    document.body.classList.toggle('in-chat', state.botId !== undefined)
  }
  renderBots()
  renderHeader()
}

async function loadPeople() {
  state.people = await get('people')
  if (state.people.length === 0 || !state.people.some((person) => person.id === state.personId)) {
    const known = state.people[0] ?? (await post('people', { first_name: 'Sam', language_code: 'en' }))
    state.personId = known.id
    state.people = await get('people')
  }
  sessionStorage.setItem('person', String(state.personId))
  renderPeople()
}

async function loadChat() {
  if (state.botId === undefined || state.personId === undefined) return renderChat()
  state.chat = await get(`chat?bot=${state.botId}&person=${state.personId}`)
  renderChat()
}

function renderBots() {
  const items = state.bots.map((bot) =>
    element(
      'li',
      {},
      element(
        'button',
        {
          type: 'button',
          class: 'row',
          'aria-current': bot.id === state.botId ? 'true' : undefined,
          onclick: () => openBot(bot.id),
        },
        element('span', { class: 'avatar', 'aria-hidden': 'true' }, [...bot.name][0] ?? '?'),
        element('span', { class: 'row-text' }, element('bdi', {}, bot.name), element('small', {}, `@${bot.username}`)),
        element('span', {
          class: bot.polling ? 'dot on' : 'dot',
          role: 'img',
          'aria-label': bot.polling ? 'online' : 'offline',
        }),
      ),
    ),
  )
  $('bots').replaceChildren(...(items.length > 0 ? items : [element('li', { class: 'empty' }, 'No bot yet.')]))
}

function renderPeople() {
  $('people').replaceChildren(
    ...state.people.map((person) =>
      element(
        'li',
        {},
        element(
          'button',
          {
            type: 'button',
            class: 'row person',
            'aria-current': person.id === state.personId ? 'true' : undefined,
            onclick: () => become(person.id),
          },
          element('bdi', {}, person.first_name),
          element('small', {}, person.language_code ?? ''),
        ),
      ),
    ),
  )
}

function renderHeader() {
  const bot = currentBot()
  $('chat-name').textContent = bot?.name ?? 'Choose a bot'
  $('chat-state').textContent = bot === undefined ? '' : bot.polling ? 'online' : 'offline'
  $('chat-state').className = bot?.polling ? 'on' : ''
  const blocked = state.chat?.blocked ?? false
  $('block').textContent = blocked ? 'Unblock' : 'Block'
  $('block').hidden = bot === undefined || (state.chat?.messages.length ?? 0) === 0
  const begun = (state.chat?.messages.length ?? 0) > 0
  $('commands').replaceChildren(
    ...(bot?.commands ?? []).map(({ command, description }) =>
      element('button', { type: 'button', title: description, onclick: () => say(`/${command}`) }, `/${command}`),
    ),
  )
  $('commands').hidden = !begun || blocked
  $('composer').hidden = bot === undefined
  $('text').disabled = blocked
}

function renderChat() {
  renderHeader()
  const messages = state.chat?.messages ?? []
  const log = $('chat')
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80
  const focused = document.activeElement?.dataset?.key
  if (currentBot() === undefined) log.replaceChildren(element('p', { class: 'empty' }, 'Choose a bot to talk to.'))
  else if (messages.length === 0) {
    log.replaceChildren(
      element(
        'div',
        { class: 'empty' },
        element('p', {}, 'Nothing has been said here yet.'),
        element(
          'button',
          {
            type: 'button',
            class: 'primary',
            onclick: () => say(['/start', query.get('start')].filter(Boolean).join(' ')),
          },
          'Start',
        ),
      ),
    )
  } else log.replaceChildren(...messages.map(renderMessage))
  if (focused !== undefined) log.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus()
  if (atEnd) log.scrollTop = log.scrollHeight
}

function renderMessage(message) {
  const body = element('div', { class: 'text', dir: 'auto' })
  if (message.html === undefined) body.textContent = message.text
  else body.append(safeHtml(message.html))
  const time = new Date(message.date * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  return element(
    'article',
    { class: `message ${message.from}` },
    element(
      'div',
      { class: 'bubble' },
      ...renderMedia(message.media),
      body,
      element('time', {}, message.edited ? `edited ${time}` : time),
    ),
    ...(message.reply_markup?.inline_keyboard ?? []).map((row, rowIndex) =>
      element(
        'div',
        { class: 'keys' },
        ...row.map((button, index) =>
          element(
            'button',
            {
              type: 'button',
              dir: 'auto',
              'data-key': `${message.message_id}:${rowIndex}:${index}`,
              onclick: () => press(message.message_id, button),
            },
            button.text,
          ),
        ),
      ),
    ),
  )
}

function renderMedia(media) {
  if (media === undefined) return []
  if (media.kind === 'photo') return [element('img', { src: media.url, alt: media.name })]
  return [element('a', { href: media.url, download: media.name, class: 'file' }, media.name)]
}

async function press(messageId, button) {
  if (button.url !== undefined) return window.open(button.url, '_blank', 'noopener')
  await post('presses', { ...subject(), message_id: messageId, data: button.callback_data })
}

async function openBot(id) {
  state.botId = id
  document.body.classList.add('in-chat')
  renderBots()
  await loadChat()
  $('chat').scrollTop = $('chat').scrollHeight
  $('text').focus()
}

async function become(id) {
  state.personId = id
  sessionStorage.setItem('person', String(id))
  renderPeople()
  await loadChat()
}

$('composer').addEventListener('submit', async (event) => {
  event.preventDefault()
  const text = $('text').value.trim()
  if (text === '') return
  $('text').value = ''
  await say(text)
  $('chat').scrollTop = $('chat').scrollHeight
})

$('add-person').addEventListener('submit', async (event) => {
  event.preventDefault()
  const name = $('person-name').value.trim()
  if (name === '') return $('person-name').focus()
  const person = await post('people', { first_name: name, language_code: $('person-language').value })
  $('person-name').value = ''
  state.people = await get('people')
  await become(person.id)
})

$('block').addEventListener('click', async () => {
  await post('blocks', { ...subject(), blocked: !(state.chat?.blocked ?? false) })
  await loadChat()
})

$('back').addEventListener('click', () => {
  document.body.classList.remove('in-chat')
  document.querySelector('#bots [aria-current]')?.focus()
})

const changes = new EventSource('/sandbox/events')
changes.addEventListener('message', async (event) => {
  const { botId, personId } = JSON.parse(event.data)
  if (personId === 0) await loadBots()
  else if (botId === 0) renderPeople()
  else if (botId === state.botId && personId === state.personId) await loadChat()
})
changes.addEventListener('open', async () => {
  document.body.classList.remove('lost')
  await loadPeople()
  await loadBots()
  await loadChat()
})
changes.addEventListener('error', () => document.body.classList.add('lost'))
