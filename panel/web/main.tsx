import './shell/styles.ts'
import { DirectionProvider, MantineProvider } from '@mantine/core'
import { MutationCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Problem } from './api/problem.ts'
import { loadCatalogue } from './i18n/catalogue.ts'
import { languages, pageLanguage } from './i18n/languages.ts'
import { LocaleProvider } from './i18n/locale.tsx'
import { App } from './shell/app.tsx'
import { readableColours, theme } from './shell/theme.ts'

// Styles that are written while running carry the nonce of this page; some of them come from react-remove-scroll.
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
setNonce(nonce)

const queries = new QueryClient({
  mutationCache: new MutationCache(),
  defaultOptions: {
    queries: {
      // The browser's own opinion of the network is not asked: a server on loopback answers without one.
      networkMode: 'always',
      staleTime: 5_000,
      refetchInterval: 30_000,
      retry: (failures, error) => failures < 2 && error instanceof Problem && error.outcomeUnknown,
    },
  },
})

const language = pageLanguage()
const catalogue = await loadCatalogue(language)
const root = document.getElementById('root')
if (root === null) throw new Error('the page has no #root')
createRoot(root).render(
  <StrictMode>
    <DirectionProvider initialDirection={languages[language].direction}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={readableColours}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <QueryClientProvider client={queries}>
          <LocaleProvider language={language} catalogue={catalogue}>
            <App />
          </LocaleProvider>
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  </StrictMode>,
)
