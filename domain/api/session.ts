/** Signing in and out. */
import { z } from 'zod'
import { roles } from '../actor.ts'
import { platforms } from '../instance.ts'
import { passwordBytesMax } from '../password.ts'
import type { UserView } from '../user.ts'
import { endpoint } from './endpoint.ts'
import { instant, optionalInstant } from './parts.ts'

export const userSchema = z
  .strictObject({
    id: z.string(),
    username: z.string(),
    role: z.enum(roles),
    tenant: z.string().nullable(),
    created_at: instant,
    updated_at: instant,
    disabled_at: optionalInstant,
    /** Whether a login asks for a code besides the password. */
    second_factor: z.boolean(),
    linked: z.array(z.strictObject({ platform: z.enum(platforms), platform_user_id: z.string(), linked_at: instant })),
  })
  .meta({ id: 'User', description: 'A person who operates the fleet.' }) satisfies z.ZodType<UserView>

/** Whatever somebody gives for a password. */
export const password = z.string().min(1).max(passwordBytesMax)
export const secondFactorCode = z.string().min(1).max(100)

export const logIn = endpoint({
  method: 'post',
  path: '/api/login',
  access: 'public',
  tag: 'access',
  summary: 'Opens a session (seed row S4-039); a browser gets it as a cookie, a program by its token.',
  body: z.strictObject({
    username: z.string().min(1).max(200),
    password,
    /** Of who has a second factor: what the authenticator shows, or a recovery code. */
    code: secondFactorCode.optional(),
  }),
  answer: z
    .strictObject({
      success: z.literal(true),
      message: z.string(),
      /** The session's secret, for `Authorization: Bearer`. */
      token: z.string(),
      user: userSchema,
      expires_at: instant,
      /** Whether the session cookie was set; false on plain http to another machine, where browsers drop it. */
      cookie: z.boolean(),
    })
    .meta({ id: 'LoggedIn' }),
})

export const logOut = endpoint({
  method: 'post',
  path: '/api/logout',
  access: 'session',
  beforeSecondFactor: true,
  tag: 'access',
  summary: 'Ends this session.',
  answer: z.strictObject({ success: z.literal(true) }),
})

export const whoAmI = endpoint({
  method: 'get',
  path: '/api/me',
  access: 'session',
  beforeSecondFactor: true,
  tag: 'access',
  summary: 'Who is asking, what they may, and what a page for them needs to know of this server.',
  answer: z
    .strictObject({
      user: userSchema,
      /** Null for an API token without an end. */
      expires_at: optionalInstant,
      permissions: z.array(z.string()),
      /** How long a month of a subscription is here (`DAYS_PER_MONTH`). */
      days_per_month: z.number(),
      /** Where one chats with the bots of the demo; null on every other server. */
      sandbox_url: z.string().nullable(),
    })
    .meta({ id: 'Me' }),
})
