import type { UserView } from '../domain/user.ts'
import type { Output } from './output.ts'
import { renderTable } from './table.ts'

/** Renders the people as a table. */
export function renderUsers(output: Output, users: readonly UserView[]): string {
  if (users.length === 0) return 'Nobody yet: the first owner is made when ./botfleet serve starts.'
  return renderTable(
    [
      { title: 'USERNAME', text: (user) => user.username },
      { title: 'ROLE', text: (user) => user.role },
      { title: 'TENANT', text: (user) => user.tenant ?? '-', dropOrder: 2 },
      {
        title: 'STATE',
        text: (user) => (user.disabled_at === null ? 'active' : 'disabled'),
        style: (user, cell) => (user.disabled_at === null ? cell : output.style('dim', cell)),
      },
      { title: '2ND FACTOR', text: (user) => (user.second_factor ? 'yes' : '-'), dropOrder: 3 },
      {
        title: 'LINKED CHATS',
        text: (user) => user.linked.map((chat) => `${chat.platform} ${chat.platform_user_id}`).join(', ') || '-',
        shrinkTo: 12,
        dropOrder: 1,
      },
    ],
    users,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}
