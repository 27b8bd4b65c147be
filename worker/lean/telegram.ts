import type { LeanPlan } from './plan.ts'

export const leanTelegram: LeanPlan = {
  standIns: {
    'node-fetch': 'node-fetch.ts',
    pino: 'pino.ts',
    debug: 'debug.ts',
    'p-timeout': 'p-timeout.ts',
    'safe-compare': 'nothing.ts',
  },
  within: {
    telegraf: {
      crypto: 'crypto.ts',
      fs: 'nothing.ts',
      'fs/promises': 'nothing.ts',
      http: 'nothing.ts',
      https: 'https.ts',
      url: 'url.ts',
      './core/network/polling': 'nothing.ts',
      './core/network/webhook': 'nothing.ts',
      './markup': 'nothing.ts',
      './input': 'nothing.ts',
      './router': 'nothing.ts',
      './scenes': 'nothing.ts',
      './session': 'nothing.ts',
    },
  },
  written: {},
  define: {},
  inject: ['performance.ts'],
  isSilent: false,
  bytesMax: 405_000,
  packagesAllowed: ['telegraf', 'zod', 'sandwich-stream'],
  builtinsAllowed: ['node:fs', 'node:http', 'node:os', 'path', 'stream'],
}
