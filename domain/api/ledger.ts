/** The journal of all money, over HTTP. */
import { z } from 'zod'
import { entryKinds } from '../ledger.ts'
import { endpoint } from './endpoint.ts'
import {
  amount,
  currencyCode,
  idText,
  instant,
  limit,
  listOf,
  numberCursor,
  numberText,
  pageOf,
  tenant,
} from './parts.ts'

export const listBalances = endpoint({
  method: 'get',
  path: '/api/ledger/balances',
  access: 'ledger.read',
  tag: 'ledger',
  summary: 'What every tenant has, owes, earned and was paid, from the transfers; a currency adds up to 0.',
  command: 'ledger balances',
  query: z.strictObject({ tenant: tenant.optional() }),
  answer: z.strictObject({
    items: z.array(
      z
        .strictObject({
          tenant: z.string(),
          kind: z.string(),
          currency: currencyCode,
          balance: amount,
          accounts: z.int(),
        })
        .meta({ id: 'Balance', description: 'All accounts of one kind together.' }),
    ),
  }),
})

const accountName = z
  .strictObject({
    id: z.int(),
    kind: z.string(),
    tenant: z.string(),
    customer: z.string().nullable(),
    customer_name: z.string().nullable(),
  })
  .meta({ id: 'AccountName' })

export const listEntries = endpoint({
  method: 'get',
  path: '/api/ledger/entries',
  access: 'ledger.read',
  tag: 'ledger',
  summary: 'Entries of the journal with their transfers, newest first.',
  command: 'ledger entries',
  query: z.strictObject({
    tenant: tenant.optional(),
    kind: z.enum(entryKinds).optional(),
    customer: idText.optional(),
    account: numberText.optional(),
    order: numberText.optional(),
    limit: limit(),
    cursor: numberCursor.optional(),
  }),
  answer: pageOf(
    z
      .strictObject({
        id: z.int(),
        kind: z.enum(entryKinds),
        /** The fact: an order's number, a withdrawal, a payment. */
        reference: z.string(),
        tenant: z.string(),
        at: instant,
        actor: z.string(),
        reason: z.string().nullable(),
        transfers: listOf(z.strictObject({ from: accountName, to: accountName, amount, currency: currencyCode })),
      })
      .meta({ id: 'Entry', description: 'A fact that moved money, with its transfers.' }),
  ),
})

export const checkLedger = endpoint({
  method: 'get',
  path: '/api/ledger/check',
  access: 'ledger.read',
  tag: 'ledger',
  summary:
    'Recomputes every balance and compares orders, refunds, profits and payments with the ledger; takes seconds.',
  answer: z.strictObject({
    entries: z.int(),
    transfers: z.int(),
    findings: listOf(
      z.strictObject({
        check: z.string(),
        /** How many things are not as they should be; 0 is good. */
        count: z.int(),
        differences: listOf(
          z.strictObject({
            subject: z.string(),
            currency: currencyCode.nullable(),
            expected: z.string(),
            found: z.string(),
          }),
        ),
      }),
    ),
  }),
})
