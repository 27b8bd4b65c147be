import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { smallShop } from './old-export.ts'
import { importOld } from './run-import.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

test('a small shop is imported whole', async () => {
  const report = await importOld(database.url, smallShop())
  console.log(JSON.stringify(report, null, 1))
  expect(report.changed).toBe(true)
})
