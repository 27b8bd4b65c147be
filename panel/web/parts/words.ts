/** Which text stands for which word of the API. */
import type { Role } from '../../../domain/actor.ts'
import type { Platform, State, Status } from '../../../domain/instance.ts'
import type { MessageState } from '../../../domain/outbox.ts'
import type { OrderStatus } from '../../../domain/shop.ts'
import type { TextKey } from '../i18n/catalogue.ts'

export const roleText = {
  owner: 'role.owner',
  admin: 'role.admin',
  operator: 'role.operator',
  viewer: 'role.viewer',
  agent: 'role.agent',
} as const satisfies Record<Role, TextKey>

export const platformText = {
  telegram: 'platform.telegram',
  whatsapp: 'platform.whatsapp',
} as const satisfies Record<Platform, TextKey>

export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'calm'

export const stateWords = {
  stopped: { text: 'state.stopped', tone: 'calm' },
  starting: { text: 'state.starting', tone: 'busy' },
  pairing: { text: 'state.pairing', tone: 'busy' },
  connecting: { text: 'state.connecting', tone: 'busy' },
  running: { text: 'state.running', tone: 'good' },
  backoff: { text: 'state.backoff', tone: 'warn' },
  stopping: { text: 'state.stopping', tone: 'busy' },
  conflict: { text: 'state.conflict', tone: 'bad' },
  logged_out: { text: 'state.logged_out', tone: 'bad' },
  token_invalid: { text: 'state.token_invalid', tone: 'bad' },
  restricted: { text: 'state.restricted', tone: 'bad' },
  session_error: { text: 'state.session_error', tone: 'bad' },
  failed: { text: 'state.failed', tone: 'bad' },
} as const satisfies Record<State, { text: TextKey; tone: Tone }>

/** A bot's subscription in the words of seed 004: Pending Approval, Active, Expired - Payment Required. */
export const statusWords = {
  new: { text: 'status.new', tone: 'warn' },
  approved: { text: 'status.active', tone: 'good' },
  expired: { text: 'status.expired', tone: 'bad' },
  suspended: { text: 'status.suspended', tone: 'bad' },
  deleted: { text: 'status.deleted', tone: 'calm' },
} as const satisfies Record<Status, { text: TextKey; tone: Tone }>

export const orderWords = {
  reserved: { text: 'order.reserved', tone: 'busy' },
  paid: { text: 'order.paid', tone: 'good' },
  refused: { text: 'order.refused', tone: 'bad' },
  cancelled: { text: 'order.cancelled', tone: 'calm' },
  partly_refunded: { text: 'order.partly_refunded', tone: 'warn' },
  refunded: { text: 'order.refunded', tone: 'warn' },
} as const satisfies Record<OrderStatus, { text: TextKey; tone: Tone }>

export const messageWords = {
  queued: { text: 'message.queued', tone: 'warn' },
  claimed: { text: 'message.claimed', tone: 'busy' },
  sent: { text: 'message.sent', tone: 'good' },
  dead: { text: 'message.dead', tone: 'bad' },
  dropped: { text: 'message.dropped', tone: 'calm' },
} as const satisfies Record<MessageState, { text: TextKey; tone: Tone }>
