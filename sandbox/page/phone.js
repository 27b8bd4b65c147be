/** The phone that a WhatsApp bot is linked to: its linked devices, a code to type, and a connection to break. */
import { post } from './api.js'
import { byId, element, replaceKeepingFocus } from './dom.js'

const outcomes = {
  linked: 'Linked.',
  wrong_code: 'That is not the code that the device shows.',
  nobody_asked: 'No device asks to be linked to this number.',
  bad_signature: 'The device could not prove who it is.',
  gone: 'The device went away before it was linked.',
}

export class PhoneView {
  #bot
  #attempt

  /** @param attempt runs what may be refused, and says why */
  constructor(attempt) {
    this.#attempt = attempt
    byId('link-device').addEventListener('submit', (event) => {
      event.preventDefault()
      const code = byId('code').value.trim()
      if (code === '') return byId('code').focus()
      this.#do(async (number) => {
        const { outcome } = await post('whatsapp/codes', { number, code })
        if (outcome === 'linked') byId('code').value = ''
        return outcomes[outcome]
      })
    })
    byId('drop').addEventListener('click', () =>
      this.#do(async (number) => {
        await post('whatsapp/drops', { number })
        return 'Dropped: the bot connects again by itself.'
      }),
    )
  }

  open() {
    byId('phone-said').textContent = ''
    byId('phone').showModal()
  }

  /** Draws the phone of a bot; closes when that bot has none. */
  show(bot) {
    this.#bot = bot?.channel.hasPhone === true ? bot : undefined
    if (this.#bot === undefined) return byId('phone').close()
    const { name, number, devices } = this.#bot
    byId('phone-title').textContent = `The phone of ${name}`
    byId('phone-number').textContent = `+${number}`
    const rows = devices.map((device) => this.#row(device))
    replaceKeepingFocus(byId('devices'), rows)
    byId('no-devices').hidden = devices.length > 0
    byId('drop').disabled = !this.#bot.online
    return undefined
  }

  #row({ id, connected }) {
    const status = connected ? 'connected' : 'not connected'
    const unlink = () =>
      this.#do(async (number) => {
        await post('whatsapp/unlinks', { number, device: id })
        return `Device ${id} is unlinked.`
      })
    return element(
      'li',
      {},
      element('span', { class: connected ? 'dot on' : 'dot', 'aria-hidden': 'true' }),
      element('span', {}, `Device ${id}, ${status}`),
      element(
        'button',
        { type: 'button', 'data-key': `device:${id}`, 'aria-label': `Unlink device ${id}`, onclick: unlink },
        'Unlink',
      ),
    )
  }

  #do(work) {
    const { number } = this.#bot
    return this.#attempt(async () => {
      byId('phone-said').textContent = ''
      byId('phone-said').textContent = await work(number).catch((error) => error.message)
    })
  }
}
