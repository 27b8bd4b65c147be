/** The chat page: what is chosen, and what happens when the person, or the sandbox, does something. */
import { get, post, upload } from './api.js'
import { linkedBotIn, readBots } from './channels.js'
import { ChatView } from './chat.js'
import { byId } from './dom.js'
import { PhoneView } from './phone.js'
import { renderBots, renderPeople } from './side.js'

const state = {
  bots: [],
  people: [],
  botId: undefined,
  // Each tab is one person; a tab that is reloaded stays the same one.
  personId: Number(sessionStorage.getItem('person')) || undefined,
  chat: undefined,
  /** A deep link `/?bot=<username>&start=<payload>` that was opened and not used yet. */
  wanted: wantedIn(new URL(location.href)),
}

const isWide = () => matchMedia('(min-width: 700px)').matches
const bot = () => state.bots.find(({ id }) => id === state.botId)
const person = () => state.people.find(({ id }) => id === state.personId)
const subject = () => ({ bot_id: state.botId, person_id: state.personId })
const start = () => (state.wanted?.username === bot()?.username ? state.wanted?.start : undefined)

const view = new ChatView({
  say: (text) => attempt(() => say(text)),
  start: () => attempt(begin),
  press: (messageId, button, element) => attempt(() => press(messageId, button, element)),
  openLink,
})
const phone = new PhoneView(attempt)

/** However often something changes, one reading is under way and at most one more waits. */
function coalesced(work) {
  let running
  let isWanted = false
  const run = async () => {
    do {
      isWanted = false
      await work()
    } while (isWanted)
  }
  return () => {
    if (running !== undefined) isWanted = true
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }
}

const loadBots = coalesced(async () => {
  state.bots = await readBots()
  // A sandbox that was started anew knows nothing of what was open.
  if (bot() === undefined) state.botId = undefined
  if (state.botId === undefined) {
    const found = state.wanted && state.bots.find(({ username }) => username === state.wanted.username)
    if (state.wanted !== undefined && found === undefined) {
      view.showNotice({ text: `There is no @${state.wanted.username} here.`, alert: false })
      state.wanted = undefined
    }
    state.botId = found?.id ?? (isWide() ? state.bots[0]?.id : undefined)
    document.body.classList.toggle('in-chat', state.botId !== undefined)
  }
  renderBots(state.bots, state.botId, (id) => attempt(() => openBot(id)))
  view.showHeader({ bot: bot(), person: person(), chat: state.chat })
  phone.show(bot())
})

const loadPeople = coalesced(async () => {
  state.people = await get('people')
  if (person() === undefined) {
    const known = state.people[0] ?? (await post('people', { first_name: 'Sam', language_code: 'en' }))
    state.personId = known.id
    state.people = await get('people')
  }
  sessionStorage.setItem('person', String(state.personId))
  renderPeople(state.people, state.personId, (id) => attempt(() => become(id)))
})

const loadChat = coalesced(async () => {
  const { botId, personId } = state
  const chat = botId === undefined || personId === undefined ? undefined : await bot().channel.read(bot(), personId)
  // Another chat may have been opened meanwhile.
  if (botId !== state.botId || personId !== state.personId) return
  state.chat = chat
  view.show({ bot: bot(), person: person(), chat, start: start() })
  if (chat !== undefined && document.visibilityState === 'visible')
    await bot().channel.noteRead?.(bot(), personId, chat)
})

async function say(text) {
  await bot().channel.say(bot(), state.personId, text)
  await loadChat()
  view.scrollToEnd()
}

async function begin() {
  const payload = start()
  state.wanted = undefined
  history.replaceState(null, '', '/')
  await say([bot().channel.greeting, payload].filter(Boolean).join(' '))
  byId('text').focus()
}

async function press(messageId, button, element) {
  if (button.url !== undefined) {
    if (!openLink(button.url)) window.open(button.url, '_blank', 'noopener')
    return
  }
  if (button.copy_text?.text !== undefined) {
    await navigator.clipboard?.writeText(button.copy_text.text)
    view.showNotice({ text: 'Copied', alert: false })
    return
  }
  element.classList.add('waiting')
  const { query_id: queryId } = await post('presses', {
    ...subject(),
    message_id: messageId,
    data: button.callback_data ?? '',
  })
  element.dataset.query = queryId
}

/** What is on screen is always the chat that one would write to. */
function showNothingYet() {
  state.chat = undefined
  view.show({ bot: bot(), person: person(), chat: undefined })
}

async function openBot(id) {
  state.botId = id
  showNothingYet()
  phone.show(bot())
  document.body.classList.add('in-chat')
  renderBots(state.bots, state.botId, (other) => attempt(() => openBot(other)))
  await loadChat()
  view.scrollToEnd()
  if (isWide()) byId('text').focus()
}

async function become(id) {
  state.personId = id
  sessionStorage.setItem('person', String(id))
  showNothingYet()
  renderPeople(state.people, state.personId, (other) => attempt(() => become(other)))
  await loadChat()
}

/** It went on or off, has new commands, or is new: what is on screen may depend on it. */
async function botChanged(id) {
  await loadBots()
  if (id === state.botId) await loadChat()
}

/** A link to a bot of this sandbox opens its chat here. @returns whether it was one. */
function openLink(address) {
  const link = URL.canParse(address) ? linkedBotIn(state.bots, new URL(address)) : undefined
  if (link === undefined) return false
  if (link.start !== undefined) state.wanted = { username: link.bot.username, start: link.start }
  attempt(async () => {
    await openBot(link.bot.id)
    if (link.text !== undefined) byId('text').value = link.text
  })
  return true
}

function wantedIn(url) {
  const username = url.searchParams.get('bot')
  const payload = url.searchParams.get('start')
  return username === null ? undefined : { username: username.replace(/^@/, ''), start: payload ?? undefined }
}

/** What was refused is said, and nothing else breaks. */
function attempt(work) {
  return work().catch((error) => view.showNotice({ text: error.message, alert: false }))
}

function onSubmit(id, work) {
  byId(id).addEventListener('submit', (event) => {
    event.preventDefault()
    attempt(work)
  })
}

onSubmit('composer', async () => {
  const text = byId('text').value.trim()
  if (text === '') return
  byId('text').value = ''
  try {
    await say(text)
  } catch (error) {
    // What was written is not lost, unless something else is being written already.
    if (byId('text').value === '') byId('text').value = text
    throw error
  }
})

onSubmit('add-person', async () => {
  const name = byId('person-name').value.trim()
  if (name === '') return byId('person-name').focus()
  const added = await post('people', { first_name: name, language_code: byId('person-language').value })
  byId('person-name').value = ''
  state.people = await get('people')
  await become(added.id)
})

byId('file').addEventListener('change', () =>
  attempt(async () => {
    const [file] = byId('file').files
    byId('file').value = ''
    if (file === undefined) return
    await upload({ ...subject(), caption: byId('text').value.trim() }, file)
    byId('text').value = ''
    await loadChat()
    view.scrollToEnd()
  }),
)
byId('attach').addEventListener('click', () => byId('file').click())
byId('start-again').addEventListener('click', () => attempt(begin))

for (const id of ['block', 'unblock']) {
  byId(id).addEventListener('click', () =>
    attempt(async () => {
      await post('blocks', { ...subject(), blocked: state.chat?.blocked !== true })
      await loadChat()
    }),
  )
}

byId('phone-button').addEventListener('click', () => phone.open())

byId('back').addEventListener('click', () => {
  document.body.classList.remove('in-chat')
  document.querySelector('#bots [aria-current]')?.focus()
})

// What came while nobody looked is read now.
document.addEventListener('visibilitychange', () => attempt(loadChat))

const changes = new EventSource('/sandbox/events')
changes.addEventListener('message', ({ data }) => {
  const { botId, chatId, notice, typing } = JSON.parse(data)
  if (botId === 0) return attempt(loadPeople)
  if (chatId === 0) return attempt(() => botChanged(botId))
  if (botId !== state.botId || chatId !== state.personId) return undefined
  if (typing === true) return view.showTyping()
  if (notice === undefined) return attempt(loadChat)
  document.querySelector(`[data-query="${CSS.escape(notice.queryId)}"]`)?.classList.remove('waiting')
  return view.showNotice(notice)
})
changes.addEventListener('open', () =>
  attempt(async () => {
    document.body.classList.remove('lost')
    await loadPeople()
    await loadBots()
    await loadChat()
  }),
)
changes.addEventListener('error', () => document.body.classList.add('lost'))
