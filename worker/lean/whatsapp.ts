import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { LeanPlan } from './plan.ts'
import { protoWords } from './proto-words.ts'

export const leanWhatsapp: LeanPlan = {
  standIns: {
    pino: 'pino.ts',
    '@cacheable/node-cache': 'node-cache.ts',
    'lru-cache': 'lru-cache.ts',
    'p-queue': 'p-queue.ts',
    '@hapi/boom': 'boom.ts',
    'whatsapp-rust-bridge': 'rust-bridge.ts',
    '@whiskeysockets/baileys/WAProto/index.js': 'written:proto',
  },
  within: {
    '@whiskeysockets/baileys': {
      '../../WAProto/index.js': 'written:proto',
      '../../../WAProto/index.js': 'written:proto',
      './logger.js': 'silent-logger.ts',
      '../Utils/logger.js': 'silent-logger.ts',
      './messages-media.js': 'wa-media.ts',
      '../Utils/messages-media.js': 'wa-media.ts',
      './link-preview.js': 'wa-media.ts',
      '../Utils/link-preview.js': 'wa-media.ts',
      './history.js': 'wa-history.ts',
      './use-multi-file-auth-state.js': 'nothing.ts',
      fs: 'no-files.ts',
      url: 'url.ts',
      util: 'util.ts',
      zlib: 'zlib.ts',
    },
    libsignal: { assert: 'assert.ts', 'curve25519-js': 'curve25519.ts' },
    // Twice otherwise: one for those who import and one for those who require.
    protobufjs: { long: 'long.ts' },
    ws: {
      './lib/stream.js': 'no-server.ts',
      './lib/websocket-server.js': 'no-server.ts',
      https: 'lazy-tls.ts',
      tls: 'lazy-tls.ts',
      url: 'url.ts',
      util: 'util.ts',
      zlib: 'zlib.ts',
    },
  },
  written: {
    // One text instead of 4.4 megabytes of code.
    proto: () => {
      const path = createRequire(import.meta.url).resolve('@whiskeysockets/baileys/WAProto/WAProto.proto')
      const words = JSON.stringify(protoWords(readFileSync(path, 'utf8')))
      return `import { makeProto } from './proto.ts'; export const proto = makeProto(${words})`
    },
  },
  define: {
    'globalThis.crypto': 'leanCrypto',
    // Compiled helpers that are not installed.
    'process.env.WS_NO_BUFFER_UTIL': '"1"',
    'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
  },
  inject: ['performance.ts', 'lean-crypto.ts'],
  // Libraries print private keys (worker/whatsapp/silent-libraries.ts): here nothing is left that could.
  isSilent: true,
  bytesMax: 850_000,
  packagesAllowed: [
    '@whiskeysockets/baileys',
    'async-mutex',
    'curve25519-js',
    'libsignal',
    'long',
    'protobufjs',
    '@protobufjs/aspromise',
    '@protobufjs/base64',
    '@protobufjs/eventemitter',
    '@protobufjs/float',
    '@protobufjs/pool',
    '@protobufjs/utf8',
    'tslib',
    'ws',
    'zod',
  ],
  builtinsAllowed: [
    'async_hooks',
    'buffer',
    'crypto',
    'events',
    'http',
    'net',
    'node:fs',
    'node:http',
    'node:os',
    'os',
    'stream',
  ],
}
