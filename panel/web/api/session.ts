import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import type { Permission } from '../../../domain/actor.ts'
import { call, factorNeeded } from './call.ts'
import { Problem } from './problem.ts'
import { useStore } from './store.ts'
import type { Me } from './views.ts'

/** Who is signed in and what they may; null when nobody is. */
export function useMe() {
  return useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) =>
      call('GET /api/me', { signal }).catch((error: unknown) => {
        if (error instanceof Problem && error.status === 401) return null
        throw error
      }),
    staleTime: 60_000,
  })
}

export interface SignIn {
  readonly username: string
  readonly password: string
  /** The six digits of the authenticator, or a recovery code; asked for where the person has a second factor. */
  readonly code?: string
}

export const signIn = (input: SignIn) => call('POST /api/login', { body: input })

export const signOut = () => call('POST /api/logout', {})

const MeContext = createContext<Me | undefined>(undefined)
export const MeProvider = MeContext

function useSignedIn(): Me {
  const me = useContext(MeContext)
  if (me === undefined) throw new Error('nobody is signed in here')
  return me
}

/** Who is signed in, in parts of the page that only they see. */
export function useUser(): Me['user'] {
  return useSignedIn().user
}

/** Whether the person may do this; an agent in its own tenant. The server asks again. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useSignedIn()
  return (permission) => permissions.includes(permission)
}

/** What this server is like, as far as pages need it. */
export function useServerTraits(): Pick<Me, 'days_per_month' | 'sandbox_url'> {
  return useSignedIn()
}

/** All that the person may do, as names that a token can be given. */
export function useGrants(): readonly Permission[] {
  return useSignedIn().permissions as Permission[]
}

/** Whether nothing but the own account is open to the person until they have a second factor. */
export function useFactorNeeded(): boolean {
  const { user } = useSignedIn()
  return useStore(factorNeeded) && !user.second_factor
}
