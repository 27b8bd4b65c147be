/** What a shop has set for itself: the master's, or an agent's, which the agent sets too. */
import { z } from 'zod'
import { languages } from '../once-call.ts'
import { buttonsMax, shopLinks, shopTexts } from '../shop-settings.ts'
import { shopSchema } from './agent-schemas.ts'
import { endpoint } from './endpoint.ts'
import { amountAsked, currencyCode, tenant } from './parts.ts'

const ofShop = z.strictObject({ tenant })
/** As services/agents read it, who also say what is wrong with it. */
const written = z.string().min(1).max(20_000)

export const showShop = endpoint({
  method: 'get',
  path: '/api/shops/:tenant',
  access: 'shop.read',
  tag: 'agents',
  summary: 'What a shop has set: markup, links, buttons, texts, and where its owners are told.',
  command: 'agent settings show',
  params: ofShop,
  answer: shopSchema,
})

export const setPricing = endpoint({
  method: 'put',
  path: '/api/shops/:tenant/pricing',
  access: 'shop.edit',
  tag: 'agents',
  summary: "Sets what an agent adds to the master's prices, for later orders.",
  command: 'agent pricing',
  params: ofShop,
  body: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('percent'),
      /** `10` is 10 %. */
      percent: amountAsked,
    }),
    z.strictObject({
      kind: z.literal('fixed'),
      /** Of one unit. */
      amount: amountAsked,
      currency: currencyCode.default('USDT'),
    }),
  ]),
  answer: shopSchema,
})

export const setLink = endpoint({
  method: 'put',
  path: '/api/shops/:tenant/links/:link',
  access: 'shop.edit',
  tag: 'agents',
  summary: 'Sets a link of a shop; null takes it away.',
  command: 'agent settings link',
  params: z.strictObject({ tenant, link: z.enum(shopLinks) }),
  body: z.strictObject({
    /** `@name`, or an address that begins with `https://`. */
    address: written.nullable(),
  }),
  answer: shopSchema,
})

export const addButton = endpoint({
  method: 'post',
  path: '/api/shops/:tenant/buttons',
  access: 'shop.edit',
  tag: 'agents',
  summary: `Adds an own button to the home screen, at most ${buttonsMax}.`,
  command: 'agent settings add-button',
  key: 'optional',
  params: ofShop,
  body: z.strictObject({ title: written, url: written }),
  answer: shopSchema,
})

export const removeButton = endpoint({
  method: 'delete',
  path: '/api/shops/:tenant/buttons/:position',
  access: 'shop.edit',
  tag: 'agents',
  summary: 'Takes an own button away; 1 is the first.',
  command: 'agent settings remove-button',
  params: z.strictObject({
    tenant,
    position: z
      .string()
      .regex(/^[1-9]$/, 'is no position')
      .transform(Number),
  }),
  query: z.strictObject({
    /** What is believed to stand on it; 404 when something else does. */
    title: written.optional(),
  }),
  answer: shopSchema,
})

export const setText = endpoint({
  method: 'put',
  path: '/api/shops/:tenant/texts/:text/:language',
  access: 'shop.edit',
  tag: 'agents',
  summary: 'Sets a text of a shop in a language; null goes back to the text that every shop has.',
  command: 'agent settings text',
  params: z.strictObject({ tenant, text: z.enum(shopTexts), language: z.enum(languages) }),
  body: z.strictObject({
    /** HTML as Telegram knows it, or plain words. */
    text: written.nullable(),
  }),
  answer: z.strictObject({
    shop: shopSchema,
    /** Why it was kept as plain words; null where it was not. */
    trouble: z.string().nullable(),
  }),
})

export const setNotices = endpoint({
  method: 'put',
  path: '/api/shops/:tenant/notices',
  access: 'shop.edit',
  tag: 'agents',
  summary: 'Names the chat that is told what the owners are told; null takes it away.',
  command: 'agent settings notices',
  params: ofShop,
  body: z.strictObject({
    /** Its number, such as `-1001234567890`, or the `@name` of a channel. */
    chat: written.nullable(),
  }),
  answer: shopSchema,
})
