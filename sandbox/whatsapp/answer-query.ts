/** The queries (`<iq>`) of clients and their answers. What is not known here is answered 501 and noted. */
import { getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { Device, Wire } from './account.ts'
import { announceOffline } from './deliver.ts'
import { bundleStanza, digestOf, storePreKeys, storeSignedPreKey } from './key-bundles.ts'
import { companionFinish, companionHello } from './link-device.ts'
import { answerStanding } from './restriction.ts'
import { childOf, childrenOf, errorOf, resultOf, type Stanza, stanza, textIn, userOf } from './stanza.ts'
import { unlink } from './unlink.ts'
import type { Group, World } from './world.ts'

interface Asked {
  readonly world: World
  readonly wire: Wire
  readonly device: Device
  readonly query: Stanza
}

type Answer = (asked: Asked) => Stanza | Promise<Stanza> | undefined

/** By namespace, type and the first child's tag. */
const answers: Record<string, Answer> = {
  'w:p get ping': ({ query }) => resultOf(query),
  'passive set active': ({ wire, device, query }) => {
    wire.send(resultOf(query))
    announceOffline(wire, device)
    return undefined
  },
  'passive set passive': ({ query }) => resultOf(query),
  'encrypt get count': ({ device, query }) => resultOf(query, [stanza('count', { value: device.preKeys.length })]),
  'encrypt get digest': ({ device, query }) => resultOf(query, [digestOf(device)]),
  'encrypt get key': answerKeys,
  'encrypt set registration': ({ world, device, query }) => {
    storePreKeys(world, device, query)
    return resultOf(query)
  },
  'encrypt set rotate': ({ device, query }) => {
    storeSignedPreKey(device, childOf(childOf(query, 'rotate'), 'skey'))
    return resultOf(query)
  },
  'usync get usync': answerUsync,
  'md set remove-companion-device': ({ world, device, query }) => {
    unlink(world, device, 'companion')
    return resultOf(query)
  },
  'w:m set media_conn': ({ world, query }) => {
    const host = stanza('host', { hostname: world.media.host, maxContentLengthBytes: 64 * 1024 * 1024 })
    return resultOf(query, [stanza('media_conn', { auth: world.media.auth, ttl: 300 }, [host])])
  },
  'abt get props': ({ query }) => resultOf(query, [stanza('props', { hash: 'fake' })]),
  'blocklist get ': ({ query }) => resultOf(query, [stanza('list')]),
  'privacy get privacy': ({ query }) => {
    const all = ['readreceipts', 'last', 'profile', 'status', 'online', 'groupadd', 'calladd', 'messages']
    const categories = all.map((name) =>
      stanza('category', { name, value: name === 'online' ? 'match_last_seen' : 'all' }),
    )
    return resultOf(query, [stanza('privacy', {}, categories)])
  },
  'privacy set tokens': ({ query }) => resultOf(query),
  'urn:xmpp:whatsapp:dirty set clean': ({ query }) => resultOf(query),
  'w:stats  add': ({ query }) => resultOf(query),
  'w:sync:app:state set sync': ({ query }) => {
    const names = childrenOf(childOf(query, 'sync')).map(({ attrs }) => attrs['name'])
    return resultOf(query, [
      stanza(
        'sync',
        {},
        names.map((name) => stanza('collection', { name, version: 0 })),
      ),
    ])
  },
  'w:mex get query': ({ device, query }) => answerStanding(device.account, query),
  'w:profile:picture get picture': ({ query }) => errorOf(query, 404, 'item-not-found'),
  'w:g2 get query': ({ world, query }) => {
    const group = world.groups.get(query.attrs['to'] ?? '')
    return group === undefined ? errorOf(query, 404, 'item-not-found') : resultOf(query, [groupStanza(group)])
  },
  'w:g2 get participating': ({ world, device, query }) => {
    const mine = [...world.groups.values()].filter(({ members }) => members.includes(device.account))
    return resultOf(query, [stanza('groups', {}, mine.map(groupStanza))])
  },
}

/** The answer; undefined when it was sent already or the client waits for none. */
export async function answerQuery(world: World, wire: Wire, query: Stanza): Promise<Stanza | undefined> {
  if (query.attrs['type'] === 'result' || query.attrs['type'] === 'error') return undefined
  const [first] = getAllBinaryNodeChildren(query)
  const { xmlns = '', type = '' } = query.attrs
  if (first?.tag === 'link_code_companion_reg') return answerLinkCode(world, wire, query, first)
  const answer = answers[`${xmlns} ${type} ${first?.tag ?? ''}`]
  if (answer !== undefined && wire.device !== undefined) return answer({ world, wire, device: wire.device, query })
  if (xmlns === 'w:p') return resultOf(query)
  world.events.add({ kind: 'unknown_query', xmlns, tag: first?.tag ?? '' })
  return errorOf(query, 501, 'feature-not-implemented')
}

function answerLinkCode(world: World, wire: Wire, query: Stanza, request: Stanza): Stanza {
  const companion = world.companions.get(wire)
  if (companion === undefined) return errorOf(query, 400, 'bad-request')
  if (request.attrs['stage'] === 'companion_finish') return companionFinish(world, query)
  return companionHello(world, companion, query)
}

async function answerKeys({ world, query }: Asked): Promise<Stanza> {
  const jids = childrenOf(childOf(query, 'key')).map(({ attrs }) => attrs['jid'] ?? '')
  const users = await Promise.all(jids.map((jid) => bundleStanza(world, jid)))
  return resultOf(query, [
    stanza(
      'list',
      {},
      users.filter((user) => user !== undefined),
    ),
  ])
}

/** Who has a number, with which devices, and under which LID. */
function answerUsync({ world, query }: Asked): Stanza {
  const usync = childOf(query, 'usync')
  const protocols = childrenOf(childOf(usync, 'query')).map(({ tag }) => tag)
  const users = childrenOf(childOf(usync, 'list')).map((user) => {
    const jid = user.attrs['jid'] ?? `${textIn(user, 'contact').replace('+', '')}@s.whatsapp.net`
    return stanza('user', { jid }, usyncParts(world, jid, protocols))
  })
  return resultOf(query, [stanza('usync', { ...usync?.attrs }, [stanza('result'), stanza('list', {}, users)])])
}

function usyncParts(world: World, jid: string, protocols: readonly string[]): Stanza[] {
  const account = world.accountAt(jid)
  const parts: Record<string, () => Stanza | undefined> = {
    contact: () => stanza('contact', { type: account === undefined ? 'out' : 'in' }, `+${userOf(jid)}`),
    lid: () => (account === undefined || jid.endsWith('@lid') ? undefined : stanza('lid', { val: account.lidJid() })),
    devices: () => {
      if (account === undefined) return undefined
      const linked = [...account.devices.values()].filter((device) => device.linked)
      const list = linked.map(({ id }) => stanza('device', { id, 'key-index': id }))
      return stanza('devices', {}, [stanza('device-list', {}, [stanza('device', { id: 0 }), ...list])])
    },
  }
  return protocols.flatMap((name) => parts[name]?.() ?? [])
}

function groupStanza({ jid, subject, members }: Group): Stanza {
  const participants = members.map((member) =>
    stanza('participant', { jid: member.lidJid(), phone_number: member.jid() }),
  )
  const attrs = { id: userOf(jid), subject, s_t: 0, creation: 0, addressing_mode: 'lid', size: members.length }
  return stanza('group', attrs, participants)
}
