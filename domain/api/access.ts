/** One's own account, people, and API tokens. */
import { z } from 'zod'
import { permissionNames, roles } from '../actor.ts'
import type { ApiTokenView } from '../api-token.ts'
import type { SecondFactorView } from '../second-factor.ts'
import type { SessionView } from '../user.ts'
import { endpoint } from './endpoint.ts'
import { instant, ofId, optionalInstant, tenant } from './parts.ts'
import { password, secondFactorCode, userSchema } from './session.ts'

const done = z.strictObject({ success: z.literal(true) })
const sessionsEnded = z.strictObject({ sessions_ended: z.int() }).meta({ id: 'SessionsEnded' })
const recoveryCodes = z
  .array(z.string())
  .meta({ description: 'Each lets in once, in place of a code; shown only here.' })

const sessionSchema = z
  .strictObject({
    id: z.string(),
    username: z.string(),
    created_at: instant,
    last_seen_at: instant,
    expires_at: instant,
    source: z.string(),
    user_agent: z.string().nullable(),
    current: z.boolean(),
  })
  .meta({ id: 'Session', description: 'An open session; its id opens nothing.' }) satisfies z.ZodType<SessionView>

export const changePassword = endpoint({
  method: 'post',
  path: '/api/me/password',
  access: 'session',
  beforeSecondFactor: true,
  tag: 'access',
  summary: "Changes one's own password, by the present one; the other sessions end.",
  body: z.strictObject({ password, new_password: password }),
  answer: sessionsEnded,
})

export const showSecondFactor = endpoint({
  method: 'get',
  path: '/api/me/second-factor',
  access: 'session',
  beforeSecondFactor: true,
  tag: 'access',
  summary: "One's own second factor.",
  answer: z
    .strictObject({ enabled: z.boolean(), confirmed_at: optionalInstant, recovery_codes_left: z.int() })
    .meta({ id: 'SecondFactor' }) satisfies z.ZodType<SecondFactorView>,
})

export const beginSecondFactor = endpoint({
  method: 'post',
  path: '/api/me/second-factor',
  access: 'session',
  beforeSecondFactor: true,
  tag: 'access',
  summary: 'Gives a secret for an authenticator; it counts once a code of it has come back.',
  body: z.strictObject({ password }),
  status: 201,
  answer: z
    .strictObject({
      /** For an authenticator without a camera: base32. */
      secret: z.string(),
      uri: z.string(),
      /** What the uri says as a picture: an SVG document. */
      qr_svg: z.string(),
    })
    .meta({ id: 'NewSecondFactor' }),
})

export const confirmSecondFactor = endpoint({
  method: 'post',
  path: '/api/me/second-factor/confirm',
  access: 'session',
  beforeSecondFactor: true,
  tag: 'access',
  summary: "Makes the authenticator one's second factor, by a code of it; the other sessions end.",
  body: z.strictObject({ code: secondFactorCode }),
  answer: z.strictObject({ recovery_codes: recoveryCodes, sessions_ended: z.int() }),
})

export const renewRecoveryCodes = endpoint({
  method: 'post',
  path: '/api/me/second-factor/recovery-codes',
  access: 'session',
  tag: 'access',
  summary: 'Makes new recovery codes; the old ones are void.',
  body: z.strictObject({ password }),
  answer: z.strictObject({ recovery_codes: recoveryCodes }),
})

export const endSecondFactor = endpoint({
  method: 'post',
  path: '/api/me/second-factor/end',
  access: 'session',
  tag: 'access',
  summary: "Ends one's second factor, by the password and a code.",
  body: z.strictObject({ password, code: secondFactorCode }),
  answer: done,
})

export const listMySessions = endpoint({
  method: 'get',
  path: '/api/me/sessions',
  access: 'session',
  tag: 'access',
  summary: "One's own open sessions, the last seen first.",
  answer: z.strictObject({ items: z.array(sessionSchema) }),
})

export const endOtherSessions = endpoint({
  method: 'delete',
  path: '/api/me/sessions',
  access: 'session',
  tag: 'access',
  summary: "Ends one's own sessions but this one.",
  answer: sessionsEnded,
})

export const endSession = endpoint({
  method: 'delete',
  path: '/api/sessions/:id',
  access: 'session',
  tag: 'access',
  summary: "Ends one session: one's own, or with `user.manage` anybody's.",
  params: ofId,
  answer: done,
})

/** A person in a path, by username. */
const ofUser = z.strictObject({ username: z.string().regex(/^[a-z0-9][a-z0-9._-]{1,62}$/, 'is no username') })

export const listUsers = endpoint({
  method: 'get',
  path: '/api/users',
  access: 'user.read',
  tag: 'access',
  summary: 'Everybody who may sign in, by username.',
  command: 'user list',
  answer: z.strictObject({ items: z.array(userSchema) }),
})

export const createUser = endpoint({
  method: 'post',
  path: '/api/users',
  access: 'user.manage',
  tag: 'access',
  summary: 'Adds a person.',
  command: 'user create',
  key: 'optional',
  body: z.strictObject({
    username: z.string().min(1).max(63),
    password,
    role: z.enum(roles),
    /** Of an agent. */
    tenant: tenant.optional(),
  }),
  status: 201,
  answer: userSchema,
})

export const setPassword = endpoint({
  method: 'put',
  path: '/api/users/:username/password',
  access: 'user.manage',
  tag: 'access',
  summary: 'Gives a person a new password and ends their sessions.',
  command: 'user password',
  params: ofUser,
  body: z.strictObject({ password }),
  answer: sessionsEnded,
})

export const setRole = endpoint({
  method: 'put',
  path: '/api/users/:username/role',
  access: 'user.manage',
  tag: 'access',
  summary: "Changes a person's role; it counts with their next request.",
  command: 'user role',
  params: ofUser,
  body: z.strictObject({ role: z.enum(roles), tenant: tenant.optional() }),
  answer: userSchema,
})

export const disableUser = endpoint({
  method: 'post',
  path: '/api/users/:username/disable',
  access: 'user.manage',
  tag: 'access',
  summary: 'Shuts a person out: sessions and API tokens end, history stays.',
  command: 'user disable',
  params: ofUser,
  answer: userSchema,
})

export const enableUser = endpoint({
  method: 'post',
  path: '/api/users/:username/enable',
  access: 'user.manage',
  tag: 'access',
  summary: 'Lets a person in again who was shut out.',
  command: 'user enable',
  params: ofUser,
  answer: userSchema,
})

export const unlockUser = endpoint({
  method: 'post',
  path: '/api/users/:username/unlock',
  access: 'user.manage',
  tag: 'access',
  summary: "Forgets a person's failed logins, so that they need not wait.",
  command: 'user unlock',
  params: ofUser,
  answer: z.strictObject({ failures_forgotten: z.int() }),
})

export const resetSecondFactor = endpoint({
  method: 'delete',
  path: '/api/users/:username/second-factor',
  access: 'user.manage',
  tag: 'access',
  summary: "Takes a lost second factor away and ends the person's sessions.",
  command: 'user reset-second-factor',
  params: ofUser,
  answer: sessionsEnded,
})

export const linkChat = endpoint({
  method: 'post',
  path: '/api/users/:username/link-code',
  access: 'user.manage',
  tag: 'access',
  summary: "Makes a one-time code that links a person's chat.",
  command: 'user link',
  params: ofUser,
  status: 201,
  answer: z.strictObject({ username: z.string(), code: z.string(), message: z.string(), expires_at: instant }),
})

export const listSessions = endpoint({
  method: 'get',
  path: '/api/users/:username/sessions',
  access: 'user.read',
  tag: 'access',
  summary: "A person's open sessions, the last seen first.",
  command: 'user sessions',
  params: ofUser,
  answer: z.strictObject({ items: z.array(sessionSchema) }),
})

export const endSessions = endpoint({
  method: 'delete',
  path: '/api/users/:username/sessions',
  access: 'user.manage',
  tag: 'access',
  summary: "Ends a person's sessions.",
  command: 'user end-sessions',
  params: ofUser,
  answer: sessionsEnded,
})

const tokenFields = {
  id: z.string(),
  name: z.string(),
  username: z.string(),
  scopes: z.array(z.enum(permissionNames)).nullable(),
  created_at: instant,
  created_by: z.string(),
  expires_at: optionalInstant,
  last_used_at: optionalInstant,
  last_used_from: z.string().nullable(),
  revoked_at: optionalInstant,
}
const tokenSchema = z.strictObject(tokenFields).meta({
  id: 'ApiToken',
  description: 'A program that speaks for a person; `scopes` null is all that the person may.',
}) satisfies z.ZodType<ApiTokenView>

export const listTokens = endpoint({
  method: 'get',
  path: '/api/tokens',
  access: 'session',
  tag: 'access',
  summary: "API tokens, the newest first: everybody's for who may read users, else one's own.",
  command: 'token list',
  query: z.strictObject({ user: z.string().min(1).max(63).optional() }),
  answer: z.strictObject({ items: z.array(tokenSchema) }),
})

export const createToken = endpoint({
  method: 'post',
  path: '/api/tokens',
  access: 'session',
  tag: 'access',
  summary: 'Makes an API token for oneself, or with `user.manage` for somebody; its text is shown only here.',
  command: 'token create',
  key: 'optional',
  secretAnswer: true,
  body: z.strictObject({
    name: z.string().min(1).max(100),
    /** Whom it speaks for; left out: who asks. */
    user: z.string().min(1).max(63).optional(),
    /** Rights of the person that it has; left out: all of them. */
    scopes: z.array(z.enum(permissionNames)).min(1).max(permissionNames.length).optional(),
    /** How long it is good, such as `90d`; left out: until it is revoked. */
    expires_in: z.string().max(20).optional(),
  }),
  status: 201,
  answer: z.strictObject({ ...tokenFields, token: z.string() }).meta({ id: 'NewApiToken' }),
})

export const revokeToken = endpoint({
  method: 'delete',
  path: '/api/tokens/:id',
  access: 'session',
  tag: 'access',
  summary: "Ends an API token for good: one's own, or with `user.manage` anybody's.",
  command: 'token revoke',
  params: ofId,
  answer: tokenSchema,
})
