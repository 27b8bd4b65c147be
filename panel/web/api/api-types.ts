// Written by panel/build/write-api-types.ts from the OpenAPI document, to which a test holds it. Not to be edited.

export interface Schemas {
  AccountName: { id: number; kind: string; tenant: string; customer: string | null; customer_name: string | null }
  AddedStock: {
    product: string
    import: number
    added: number
    skipped_count: number
    skipped: {
      line: number
      trouble: 'blank' | 'too_long' | 'not_utf8' | 'control_characters' | 'repeated' | 'in_stock'
      same_as?: number | undefined
    }[]
    available: number
  }
  AdjustedBalance: {
    customer: string
    currency: 'USDT' | 'IRR'
    amount: string
    balance: string
    reason: string
    repeated: boolean
  }
  Agent: {
    id: string
    tenant: string
    name: string
    status: 'active' | 'paused'
    markup: Schemas['Markup']
    owners: Schemas['ShopOwner'][]
    instances: Schemas['AgentBot'][]
    customers: number
    sales: Schemas['Sales'][]
    created_at: string
    updated_at: string
  }
  AgentBot: {
    id: string
    platform: 'telegram' | 'whatsapp'
    name: string
    username: string | null
    status: 'new' | 'approved' | 'expired' | 'suspended' | 'deleted'
    desired: 'running' | 'stopped' | 'pairing'
    state:
      | 'stopped'
      | 'starting'
      | 'pairing'
      | 'connecting'
      | 'running'
      | 'backoff'
      | 'stopping'
      | 'conflict'
      | 'logged_out'
      | 'token_invalid'
      | 'restricted'
      | 'session_error'
      | 'failed'
    last_error: string | null
    expires_at: string | null
  }
  ApiToken: {
    id: string
    name: string
    username: string
    scopes:
      | (
          | 'instance.read'
          | 'instance.create'
          | 'instance.edit'
          | 'instance.set_token'
          | 'instance.approve'
          | 'instance.renew'
          | 'instance.expire'
          | 'instance.suspend'
          | 'instance.activate'
          | 'instance.start'
          | 'instance.stop'
          | 'instance.restart'
          | 'instance.pair'
          | 'instance.move'
          | 'instance.delete'
          | 'instance.logs'
          | 'server.read'
          | 'server.drain'
          | 'server.confirm_clock'
          | 'settings.read'
          | 'user.read'
          | 'user.manage'
          | 'key.rotate'
          | 'database.backup'
          | 'database.restore'
          | 'agent.read'
          | 'agent.manage'
          | 'agent.self'
          | 'user_bot.access'
          | 'shop.read'
          | 'shop.edit'
          | 'catalogue.read'
          | 'catalogue.edit'
          | 'stock.read'
          | 'stock.add'
          | 'stock.remove'
          | 'stock.export'
          | 'customer.read'
          | 'customer.block'
          | 'customer.erase'
          | 'balance.adjust'
          | 'order.read'
          | 'order.place'
          | 'order.refund'
          | 'top_up.read'
          | 'top_up.confirm'
          | 'withdrawal.read'
          | 'withdrawal.request'
          | 'withdrawal.cancel'
          | 'withdrawal.review'
          | 'withdrawal.pay'
          | 'withdrawal.force'
          | 'ledger.read'
          | 'outbox.read'
          | 'outbox.redrive'
          | 'broadcast.send'
          | 'import.run'
          | 'audit.read'
        )[]
      | null
    created_at: string
    created_by: string
    expires_at: string | null
    last_used_at: string | null
    last_used_from: string | null
    revoked_at: string | null
  }
  AuditEntry: {
    id: number
    at: string
    actor: string
    source: string
    action: string
    target_kind: string
    target_id: string | null
    target_name: string | null
    tenant: string | null
    details: Record<string, unknown> | null
  }
  AuditFinding: { kind: 'changed' | 'missing' | 'inserted' | 'rewritten'; position: number | null; id: number | null }
  AuditHead: { position: number; hash: string; chained_at: string }
  AuditVerdict: {
    ok: boolean
    checked: number
    head: Schemas['AuditHead'] | null
    findings: Schemas['AuditFinding'][]
    more: boolean
  }
  Balance: { tenant: string; kind: string; currency: 'USDT' | 'IRR'; balance: string; accounts: number }
  Broadcast: {
    id: number
    tenant: string
    html: string
    state: 'draft' | 'sending' | 'paused' | 'done' | 'cancelled'
    counted: boolean
    recipients: number
    waiting: number
    sent: number
    failed: number
    dropped: number
    created_at: string
    created_by: string
    ended_at: string | null
  }
  Category: {
    id: number
    name: string
    names: Record<string, string>
    position: number
    products: number
    archived_at: string | null
  }
  ClaimLink: { tenant: string; link: string | null; message: string; expires_at: string }
  Customer: {
    id: string
    tenant: string
    platform: 'telegram' | 'whatsapp'
    platform_user_id: string
    username: string | null
    display_name: string | null
    language: string | null
    orders: number
    balances: { currency: 'USDT' | 'IRR'; amount: string }[]
    blocked_at: string | null
    blocked_reason: string | null
    erased_at: string | null
    created_at: string
    last_seen_at: string
  }
  CustomerDetails: {
    id: string
    tenant: string
    platform: 'telegram' | 'whatsapp'
    platform_user_id: string
    username: string | null
    display_name: string | null
    language: string | null
    orders: number
    balances: { currency: 'USDT' | 'IRR'; amount: string }[]
    blocked_at: string | null
    blocked_reason: string | null
    erased_at: string | null
    created_at: string
    last_seen_at: string
    chats: { instance: string; chat_id: string; blocked_at: string | null }[]
    latest_orders: {
      id: number
      product: string
      product_name: string
      quantity: number
      currency: 'USDT' | 'IRR'
      total: string
      refunded: string
      status: 'reserved' | 'paid' | 'refused' | 'cancelled' | 'partly_refunded' | 'refunded'
      created_at: string
    }[]
  }
  Earnings: {
    currency: 'USDT' | 'IRR'
    available: string
    pending: string
    held: string
    paid_out: string
    debt: string
    next_mature_at: string | null
  }
  Entry: {
    id: number
    kind:
      | 'sale'
      | 'refund'
      | 'mature'
      | 'top_up'
      | 'adjustment'
      | 'withdrawal_request'
      | 'withdrawal_release'
      | 'withdrawal_payment'
      | 'import'
    reference: string
    tenant: string
    at: string
    actor: string
    reason: string | null
    transfers: { from: Schemas['AccountName']; to: Schemas['AccountName']; amount: string; currency: 'USDT' | 'IRR' }[]
  }
  ExpiryPause: {
    noticed_at: string
    noticed_by: string
    kind: 'jump' | 'difference'
    jump_ms: number
    stands_at: string
  }
  Health: { status: 'healthy' | 'degraded'; service: string; version: string; server: string; timestamp: string }
  Instance: {
    id: string
    tenant: string
    platform: 'telegram' | 'whatsapp'
    name: string
    owner: string | null
    phone_number: string | null
    username: string | null
    bot_id: string | null
    is_master: boolean
    status: 'new' | 'approved' | 'expired' | 'suspended' | 'deleted'
    suspended_reason: string | null
    desired: 'running' | 'stopped' | 'pairing'
    resumes_with_agent: boolean
    state:
      | 'stopped'
      | 'starting'
      | 'pairing'
      | 'connecting'
      | 'running'
      | 'backoff'
      | 'stopping'
      | 'conflict'
      | 'logged_out'
      | 'token_invalid'
      | 'restricted'
      | 'session_error'
      | 'failed'
    state_at: string
    last_error: string | null
    attempt: number
    next_try_at: string | null
    restarts: number
    server_name: string
    placement: 'pinned' | 'floating'
    port: number | null
    pid: number | null
    epoch: number
    duration_months: number | null
    approved_at: string | null
    expires_at: string | null
    rate_limit_rps: number
    max_concurrent_requests: number
    cpu_percent: number | null
    memory_bytes: number | null
    created_at: string
    updated_at: string
  }
  InstanceEvent: {
    id: number
    at: string
    kind: string
    from: string | null
    to: string | null
    reason: string | null
    details: Record<string, unknown> | null
    server_name: string | null
    epoch: number | null
  }
  ListedOrder: {
    id: number
    tenant: string
    customer: string
    instance: string | null
    product: string
    product_name: string
    quantity: number
    currency: 'USDT' | 'IRR'
    base_price: string
    markup: string
    unit_price: string
    discount: string
    total: string
    status: 'reserved' | 'paid' | 'refused' | 'cancelled' | 'partly_refunded' | 'refunded'
    refusal:
      | (
          | 'shop_paused'
          | 'customer_blocked'
          | 'not_for_sale'
          | 'price_changed'
          | 'over_limit'
          | 'not_enough_balance'
          | 'sold_out'
          | 'fewer_left'
        )
      | null
    refusal_detail: string | null
    refunded_units: number
    refunded: string
    pay_until: string | null
    created_at: string
    paid_at: string | null
    delivered_at: string | null
    customer_name: string | null
  }
  LogEntry: {
    at: string | null
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
    message: string
    fields: Record<string, unknown>
    cut: boolean
  }
  LogPage: {
    instance: string
    server: string
    lines: Schemas['LogEntry'][]
    before: string | null
    after: string | null
    skipped: boolean
  }
  LoggedIn: {
    success: true
    message: string
    token: string
    user: Schemas['User']
    expires_at: string
    cookie: boolean
  }
  Markup: { kind: 'percent' | 'fixed'; percent: string; fixed: { USDT: string; IRR: string } }
  Me: {
    user: Schemas['User']
    expires_at: string | null
    permissions: string[]
    days_per_month: number
    sandbox_url: string | null
  }
  Message: {
    id: number
    tenant: string
    customer: string | null
    chat: string | null
    kind: string
    reference: string
    state: 'queued' | 'claimed' | 'sent' | 'dead' | 'dropped'
    attempts: number
    waits_for: string | null
    last_error: string | null
    instance: string | null
    broadcast: number | null
    created_at: string
    not_before: string
    ended_at: string | null
    payload: Record<string, unknown>
  }
  NewApiToken: {
    id: string
    name: string
    username: string
    scopes:
      | (
          | 'instance.read'
          | 'instance.create'
          | 'instance.edit'
          | 'instance.set_token'
          | 'instance.approve'
          | 'instance.renew'
          | 'instance.expire'
          | 'instance.suspend'
          | 'instance.activate'
          | 'instance.start'
          | 'instance.stop'
          | 'instance.restart'
          | 'instance.pair'
          | 'instance.move'
          | 'instance.delete'
          | 'instance.logs'
          | 'server.read'
          | 'server.drain'
          | 'server.confirm_clock'
          | 'settings.read'
          | 'user.read'
          | 'user.manage'
          | 'key.rotate'
          | 'database.backup'
          | 'database.restore'
          | 'agent.read'
          | 'agent.manage'
          | 'agent.self'
          | 'user_bot.access'
          | 'shop.read'
          | 'shop.edit'
          | 'catalogue.read'
          | 'catalogue.edit'
          | 'stock.read'
          | 'stock.add'
          | 'stock.remove'
          | 'stock.export'
          | 'customer.read'
          | 'customer.block'
          | 'customer.erase'
          | 'balance.adjust'
          | 'order.read'
          | 'order.place'
          | 'order.refund'
          | 'top_up.read'
          | 'top_up.confirm'
          | 'withdrawal.read'
          | 'withdrawal.request'
          | 'withdrawal.cancel'
          | 'withdrawal.review'
          | 'withdrawal.pay'
          | 'withdrawal.force'
          | 'ledger.read'
          | 'outbox.read'
          | 'outbox.redrive'
          | 'broadcast.send'
          | 'import.run'
          | 'audit.read'
        )[]
      | null
    created_at: string
    created_by: string
    expires_at: string | null
    last_used_at: string | null
    last_used_from: string | null
    revoked_at: string | null
    token: string
  }
  NewSecondFactor: { secret: string; uri: string; qr_svg: string }
  Order: {
    id: number
    tenant: string
    customer: string
    instance: string | null
    product: string
    product_name: string
    quantity: number
    currency: 'USDT' | 'IRR'
    base_price: string
    markup: string
    unit_price: string
    discount: string
    total: string
    status: 'reserved' | 'paid' | 'refused' | 'cancelled' | 'partly_refunded' | 'refunded'
    refusal:
      | (
          | 'shop_paused'
          | 'customer_blocked'
          | 'not_for_sale'
          | 'price_changed'
          | 'over_limit'
          | 'not_enough_balance'
          | 'sold_out'
          | 'fewer_left'
        )
      | null
    refusal_detail: string | null
    refunded_units: number
    refunded: string
    pay_until: string | null
    created_at: string
    paid_at: string | null
    delivered_at: string | null
  }
  OrderDetails: {
    id: number
    tenant: string
    customer: string
    instance: string | null
    product: string
    product_name: string
    quantity: number
    currency: 'USDT' | 'IRR'
    base_price: string
    markup: string
    unit_price: string
    discount: string
    total: string
    status: 'reserved' | 'paid' | 'refused' | 'cancelled' | 'partly_refunded' | 'refunded'
    refusal:
      | (
          | 'shop_paused'
          | 'customer_blocked'
          | 'not_for_sale'
          | 'price_changed'
          | 'over_limit'
          | 'not_enough_balance'
          | 'sold_out'
          | 'fewer_left'
        )
      | null
    refusal_detail: string | null
    refunded_units: number
    refunded: string
    pay_until: string | null
    created_at: string
    paid_at: string | null
    delivered_at: string | null
    customer_name: string | null
    units: { unit: number; kind: 'line' | 'file'; file_name: string | null; refunded_at: string | null }[]
    refunds: {
      id: number
      units: number
      amount: string
      restocked: boolean
      reason: string | null
      actor: string
      at: string
    }[]
    profit: { amount: string; reverted: string; state: 'pending' | 'matured' | 'reverted'; mature_at: string } | null
  }
  OwnBotCreated: {
    success: true
    bot_username: string | null
    bot_id: number | null
    status: 'pending' | 'active' | 'paused' | 'expired' | 'suspended' | 'error' | 'rate_limited'
    message: string
  }
  Pairing: {
    success: true
    pairing_code: string | null
    message: string
    instance: string
    phone_number: string | null
    linked: boolean
    linked_at: string | null
    step: 'requested' | 'asked' | 'shown' | 'linked' | 'refused' | 'expired' | 'cancelled' | 'replaced' | 'none'
    method: ('code' | 'qr') | null
    requested_at: string | null
    requested_by: string | null
    until: string | null
    code: string | null
    qr: string | null
    issued_at: string | null
    expires_at: string | null
    reason: string | null
    refusal: number | null
    retry_at: string | null
  }
  Period: {
    kind: 'approve' | 'renew'
    months: number
    starts_at: string
    ends_at: string
    price: string | null
    currency: ('USDT' | 'IRR') | null
    payment: string | null
    created_at: string
    created_by: string
  }
  PeriodQuote: { months: number; starts_at: string; ends_at: string }
  Problem: {
    type: string
    title: string
    status: number
    detail: string
    instance: string
    code: string
    requestId: string
    errors?: { field: string; message: string; issue: string }[] | undefined
  }
  Product: {
    id: string
    name: string
    description: string
    translations: Record<string, { name?: string | undefined; description?: string | undefined }>
    category: { id: number; name: string } | null
    currency: 'USDT' | 'IRR'
    base_price: string
    status: 'active' | 'hidden' | 'archived'
    visible_to_agents: boolean
    limit_per_customer: number | null
    low_stock_threshold: number | null
    low_stock: boolean
    position: number
    picture: { type: 'image/jpeg' | 'image/png' | 'image/webp'; bytes: number; id: string } | null
    stock: { available: number; reserved: number; sold: number; spoilt: number }
    created_at: string
    created_by: string
    updated_at: string
  }
  RefundedOrder: { order: Schemas['Order']; units: number; amount: string; restocked: boolean; repeated: boolean }
  RemovedStock: { product: string; removed: number; spoilt: number; kept: number }
  Sales: { currency: 'USDT' | 'IRR'; orders: number; units: number; turnover: string; profit: string }
  Sample: { at: string; cpu_percent: number; memory_bytes: number }
  SecondFactor: { enabled: boolean; confirmed_at: string | null; recovery_codes_left: number }
  Server: {
    name: string
    alive: boolean
    draining: boolean
    drain_pinned: 'stay' | 'stop'
    server_epoch: number
    lease_until: string | null
    lease_left_ms: number
    capacity: number
    assigned: number
    floating: number
    running: number
    troubled: number
    by_status: Record<string, number>
    by_state: Record<string, number>
    cpu_percent: number
    memory_bytes: number
    standby_count: number
    standby_memory_bytes: number
    url: string | null
    version: string | null
    started_at: string | null
  }
  ServerInfo: { server_name: string; total_bots: number; new_bots: number; approved_bots: number; expired_bots: number }
  Session: {
    id: string
    username: string
    created_at: string
    last_seen_at: string
    expires_at: string
    source: string
    user_agent: string | null
    current: boolean
  }
  SessionsEnded: { sessions_ended: number }
  Setting: { name: string; value: string | null; is_secret: boolean; is_set: boolean }
  Shelf: {
    product: string
    name: string
    available: number
    reserved: number
    sold: number
    spoilt: number
    low_stock_threshold: number | null
    low_stock: boolean
    wishes: number
  }
  Shop: {
    tenant: string
    name: string
    status: 'active' | 'paused'
    markup: Schemas['Markup']
    links: { support: string | null; channel: string | null; announcement: string | null }
    buttons: { title: string; url: string }[]
    texts: Record<string, Record<string, string>>
    notice_chat: string | null
  }
  ShopOwner: { platform: 'telegram' | 'whatsapp'; platform_user_id: string; linked_at: string }
  StockUnit: {
    id: number
    product: string
    kind: 'line' | 'file'
    file_name: string | null
    state: 'available' | 'reserved' | 'sold' | 'spoilt'
    import: number | null
    source: string | null
    order: number | null
    added_at: string
    reserved_until: string | null
    sold_at: string | null
  }
  Subscribed: {
    message: string
    instance_id: string
    duration_months: number
    expires_at: string
    port: number | null
    instance: Schemas['Instance']
  }
  TokenVerdict: {
    verdict: 'valid' | 'invalid' | 'unreachable'
    bot_id: string
    username: string | null
    name: string | null
    reason: string | null
  }
  TopUp: {
    id: number
    tenant: string
    customer: string
    customer_name: string | null
    currency: 'USDT' | 'IRR'
    amount: string
    credited: string | null
    status: 'requested' | 'confirmed' | 'rejected' | 'cancelled' | 'expired'
    instructions: string
    created_at: string
    pay_until: string
    ended_at: string | null
    ended_by: string | null
    reason: string | null
    provider: string | null
    external_id: string | null
  }
  Transaction: {
    id: number
    at: string
    kind:
      | 'sale'
      | 'refund'
      | 'mature'
      | 'top_up'
      | 'adjustment'
      | 'withdrawal_request'
      | 'withdrawal_release'
      | 'withdrawal_payment'
      | 'import'
    amount: string
    currency: 'USDT' | 'IRR'
    order: number | null
    product_name: string | null
    payment: string | null
    reason: string | null
  }
  User: {
    id: string
    username: string
    role: 'owner' | 'admin' | 'operator' | 'viewer' | 'agent'
    tenant: string | null
    created_at: string
    updated_at: string
    disabled_at: string | null
    second_factor: boolean
    linked: { platform: 'telegram' | 'whatsapp'; platform_user_id: string; linked_at: string }[]
  }
  UserBot: {
    user_id: string
    bot_username: string | null
    bot_id: number | null
    status: 'pending' | 'active' | 'paused' | 'expired' | 'suspended' | 'error' | 'rate_limited'
    is_verified: boolean
    created_at: string
    last_used_at: string | null
  }
  Withdrawal: {
    id: string
    tenant: string
    currency: 'USDT' | 'IRR'
    amount: string
    fee: string
    net: string
    address: string
    status: 'requested' | 'approved' | 'paid' | 'rejected' | 'cancelled'
    approvals: { by: string; at: string }[]
    approvals_needed: number
    requested_at: string
    requested_by: string
    reviewed_at: string | null
    reviewed_by: string | null
    reason: string | null
    paid_at: string | null
    paid_by: string | null
    txid: string | null
  }
  WithdrawalQuote: { currency: 'USDT' | 'IRR'; amount: string; fee: string; net: string; approvals_needed: number }
  WithdrawalStats: {
    currency: 'USDT' | 'IRR'
    states: {
      requested: { count: number; amount: string }
      approved: { count: number; amount: string }
      paid: { count: number; amount: string }
      rejected: { count: number; amount: string }
      cancelled: { count: number; amount: string }
    }
    paid_out: string
    fees: string
    oldest_open: string | null
  }
}

export interface Operations {
  'DELETE /api/agents/{id}/owners/{platform}/{platform_user_id}': {
    params: { id: string; platform: 'telegram' | 'whatsapp'; platform_user_id: string }
    query: undefined
    body: undefined
    answer: { items: Schemas['ShopOwner'][] }
  }
  'DELETE /api/instances/{id}': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Instance']
  }
  'DELETE /api/me/sessions': { params: undefined; query: undefined; body: undefined; answer: Schemas['SessionsEnded'] }
  'DELETE /api/products/{id}/picture': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Product']
  }
  'DELETE /api/sessions/{id}': { params: { id: string }; query: undefined; body: undefined; answer: { success: true } }
  'DELETE /api/shops/{tenant}/buttons/{position}': {
    params: { tenant: string; position: string }
    query: { title?: string | undefined }
    body: undefined
    answer: Schemas['Shop']
  }
  'DELETE /api/tokens/{id}': { params: { id: string }; query: undefined; body: undefined; answer: Schemas['ApiToken'] }
  'DELETE /api/user-bot/remove': {
    params: undefined
    query: undefined
    body: undefined
    answer: { success: true; message: string }
  }
  'DELETE /api/users/{username}/second-factor': {
    params: { username: string }
    query: undefined
    body: undefined
    answer: Schemas['SessionsEnded']
  }
  'DELETE /api/users/{username}/sessions': {
    params: { username: string }
    query: undefined
    body: undefined
    answer: Schemas['SessionsEnded']
  }
  'GET /api/admin/bots/list': {
    params: undefined
    query: {
      status?: 'pending' | 'active' | 'paused' | 'expired' | 'suspended' | 'error' | 'rate_limited' | undefined
      page?: number | undefined
      limit?: number | undefined
    }
    body: undefined
    answer: { total: number; page: number; limit: number; total_pages: number; bots: Schemas['UserBot'][] }
  }
  'GET /api/admin/withdrawals/stats': {
    params: undefined
    query: undefined
    body: undefined
    answer: { items: Schemas['WithdrawalStats'][] }
  }
  'GET /api/agent/earnings': {
    params: undefined
    query: undefined
    body: undefined
    answer: { tenant: string; items: Schemas['Earnings'][] }
  }
  'GET /api/agent/withdrawals': {
    params: undefined
    query: {
      status?: 'requested' | 'approved' | 'paid' | 'rejected' | 'cancelled' | 'pending' | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['Withdrawal'][]; next_cursor: string | null }
  }
  'GET /api/agents': {
    params: undefined
    query: { status?: 'active' | 'paused' | undefined; limit?: number | undefined; cursor?: string | undefined }
    body: undefined
    answer: { items: Schemas['Agent'][]; next_cursor: string | null }
  }
  'GET /api/agents/{id}': { params: { id: string }; query: undefined; body: undefined; answer: Schemas['Agent'] }
  'GET /api/agents/{id}/earnings': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: { tenant: string; items: Schemas['Earnings'][] }
  }
  'GET /api/agents/{id}/owners': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: { items: Schemas['ShopOwner'][] }
  }
  'GET /api/audit': {
    params: undefined
    query: {
      actor?: string | undefined
      action?: string | undefined
      target?: string | undefined
      tenant?: string | undefined
      from?: string | undefined
      until?: string | undefined
      limit?: number | undefined
      cursor?: number | undefined
    }
    body: undefined
    answer: { items: Schemas['AuditEntry'][]; next_cursor: string | null }
  }
  'GET /api/audit/export': {
    params: undefined
    query: {
      actor?: string | undefined
      action?: string | undefined
      target?: string | undefined
      tenant?: string | undefined
      from?: string | undefined
      until?: string | undefined
      format?: 'csv' | 'jsonl' | undefined
    }
    body: undefined
    answer: string
  }
  'GET /api/broadcasts': {
    params: undefined
    query: { tenant?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
    body: undefined
    answer: { items: Schemas['Broadcast'][]; next_cursor: string | null }
  }
  'GET /api/broadcasts/{id}': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Broadcast']
  }
  'GET /api/categories': {
    params: undefined
    query: { archived?: 'true' | 'false' | undefined; limit?: number | undefined; cursor?: string | undefined }
    body: undefined
    answer: { items: Schemas['Category'][]; next_cursor: string | null }
  }
  'GET /api/customers': {
    params: undefined
    query: {
      tenant?: string | undefined
      q?: string | undefined
      blocked?: 'true' | 'false' | undefined
      erased?: 'true' | 'false' | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['Customer'][]; next_cursor: string | null }
  }
  'GET /api/customers/{id}': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['CustomerDetails']
  }
  'GET /api/customers/{id}/history': {
    params: { id: string }
    query: { limit?: number | undefined; cursor?: string | undefined }
    body: undefined
    answer: { items: Schemas['Transaction'][]; next_cursor: string | null }
  }
  'GET /api/docs': { params: undefined; query: undefined; body: undefined; answer: string }
  'GET /api/events': {
    params: undefined
    query: { after?: string | undefined; logs?: string | undefined }
    body: undefined
    answer: string
  }
  'GET /api/health': { params: undefined; query: undefined; body: undefined; answer: Schemas['Health'] }
  'GET /api/instances': {
    params: undefined
    query: {
      status?: string | undefined
      server?: '*' | string | undefined
      tenant?: string | undefined
      platform?: 'telegram' | 'whatsapp' | undefined
      expiring_within?: string | undefined
      q?: string | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['Instance'][]; next_cursor: string | null }
  }
  'GET /api/instances/{id}': { params: { id: string }; query: undefined; body: undefined; answer: Schemas['Instance'] }
  'GET /api/instances/{id}/events': {
    params: { id: string }
    query: { limit?: number | undefined; before?: number | undefined }
    body: undefined
    answer: { items: Schemas['InstanceEvent'][] }
  }
  'GET /api/instances/{id}/logs': {
    params: { id: string }
    query: {
      lines?: number | undefined
      before?: string | undefined
      after?: 'start' | string | undefined
      q?: string | undefined
      level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | undefined
    }
    body: undefined
    answer: Schemas['LogPage']
  }
  'GET /api/instances/{id}/pairing-code': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Pairing']
  }
  'GET /api/instances/{id}/periods': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: { items: Schemas['Period'][] }
  }
  'GET /api/instances/{id}/samples': {
    params: { id: string }
    query: { hours?: number | undefined }
    body: undefined
    answer: { items: Schemas['Sample'][] }
  }
  'GET /api/instances/{id}/terms': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: { items: Schemas['PeriodQuote'][] }
  }
  'GET /api/ledger/balances': {
    params: undefined
    query: { tenant?: string | undefined }
    body: undefined
    answer: { items: Schemas['Balance'][] }
  }
  'GET /api/ledger/check': {
    params: undefined
    query: undefined
    body: undefined
    answer: {
      entries: number
      transfers: number
      findings: {
        check: string
        count: number
        differences: { subject: string; currency: ('USDT' | 'IRR') | null; expected: string; found: string }[]
      }[]
    }
  }
  'GET /api/ledger/entries': {
    params: undefined
    query: {
      tenant?: string | undefined
      kind?:
        | 'sale'
        | 'refund'
        | 'mature'
        | 'top_up'
        | 'adjustment'
        | 'withdrawal_request'
        | 'withdrawal_release'
        | 'withdrawal_payment'
        | 'import'
        | undefined
      customer?: string | undefined
      account?: string | undefined
      order?: string | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['Entry'][]; next_cursor: string | null }
  }
  'GET /api/me': { params: undefined; query: undefined; body: undefined; answer: Schemas['Me'] }
  'GET /api/me/second-factor': { params: undefined; query: undefined; body: undefined; answer: Schemas['SecondFactor'] }
  'GET /api/me/sessions': {
    params: undefined
    query: undefined
    body: undefined
    answer: { items: Schemas['Session'][] }
  }
  'GET /api/openapi.json': { params: undefined; query: undefined; body: undefined; answer: { openapi: string } }
  'GET /api/orders': {
    params: undefined
    query: {
      tenant?: string | undefined
      customer?: string | undefined
      product?: string | undefined
      status?: 'reserved' | 'paid' | 'refused' | 'cancelled' | 'partly_refunded' | 'refunded' | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['ListedOrder'][]; next_cursor: string | null }
  }
  'GET /api/orders/{id}': { params: { id: string }; query: undefined; body: undefined; answer: Schemas['OrderDetails'] }
  'GET /api/outbox': {
    params: undefined
    query: {
      state?: 'queued' | 'claimed' | 'sent' | 'dead' | 'dropped' | undefined
      tenant?: string | undefined
      kind?: string | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['Message'][]; next_cursor: string | null }
  }
  'GET /api/outbox/{id}': { params: { id: string }; query: undefined; body: undefined; answer: Schemas['Message'] }
  'GET /api/products': {
    params: undefined
    query: {
      category?: string | undefined
      archived?: 'true' | 'false' | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['Product'][]; next_cursor: string | null }
  }
  'GET /api/products/{id}': { params: { id: string }; query: undefined; body: undefined; answer: Schemas['Product'] }
  'GET /api/products/{id}/picture': { params: { id: string }; query: undefined; body: undefined; answer: string }
  'GET /api/products/{id}/stock': {
    params: { id: string }
    query: {
      state?: 'available' | 'reserved' | 'sold' | 'spoilt' | undefined
      import?: string | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['StockUnit'][]; next_cursor: string | null }
  }
  'GET /api/server-info': { params: undefined; query: undefined; body: undefined; answer: Schemas['ServerInfo'] }
  'GET /api/servers': {
    params: undefined
    query: undefined
    body: undefined
    answer: { self: string; items: Schemas['Server'][]; expiry_pause: Schemas['ExpiryPause'] | null; clock: string }
  }
  'GET /api/settings': {
    params: undefined
    query: undefined
    body: undefined
    answer: { server: string; items: Schemas['Setting'][] }
  }
  'GET /api/shops/{tenant}': { params: { tenant: string }; query: undefined; body: undefined; answer: Schemas['Shop'] }
  'GET /api/stock': {
    params: undefined
    query: { product?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
    body: undefined
    answer: { items: Schemas['Shelf'][]; next_cursor: string | null }
  }
  'GET /api/stock/export': {
    params: undefined
    query: {
      product?: string | undefined
      since?: string | undefined
      until?: string | undefined
      format?: 'csv' | 'jsonl' | undefined
    }
    body: undefined
    answer: string
  }
  'GET /api/tokens': {
    params: undefined
    query: { user?: string | undefined }
    body: undefined
    answer: { items: Schemas['ApiToken'][] }
  }
  'GET /api/top-ups': {
    params: undefined
    query: {
      status?: 'requested' | 'confirmed' | 'rejected' | 'cancelled' | 'expired' | undefined
      tenant?: string | undefined
      customer?: string | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['TopUp'][]; next_cursor: string | null }
  }
  'GET /api/top-ups/{id}': { params: { id: string }; query: undefined; body: undefined; answer: Schemas['TopUp'] }
  'GET /api/user-bot/status': {
    params: undefined
    query: undefined
    body: undefined
    answer:
      | { has_bot: false }
      | {
          has_bot: true
          bot_username: string | null
          bot_id: number | null
          status: 'pending' | 'active' | 'paused' | 'expired' | 'suspended' | 'error' | 'rate_limited'
          is_verified: boolean
          created_at: string
          last_used_at: string | null
          rate_limit_rps: number
        }
  }
  'GET /api/users': { params: undefined; query: undefined; body: undefined; answer: { items: Schemas['User'][] } }
  'GET /api/users/{username}/sessions': {
    params: { username: string }
    query: undefined
    body: undefined
    answer: { items: Schemas['Session'][] }
  }
  'GET /api/withdrawals': {
    params: undefined
    query: {
      status?: 'requested' | 'approved' | 'paid' | 'rejected' | 'cancelled' | 'pending' | undefined
      tenant?: string | undefined
      limit?: number | undefined
      cursor?: string | undefined
    }
    body: undefined
    answer: { items: Schemas['Withdrawal'][]; next_cursor: string | null }
  }
  'GET /api/withdrawals/quote': {
    params: undefined
    query: { amount: string }
    body: undefined
    answer: Schemas['WithdrawalQuote']
  }
  'GET /api/withdrawals/stats': {
    params: undefined
    query: { tenant?: string | undefined }
    body: undefined
    answer: { items: Schemas['WithdrawalStats'][] }
  }
  'GET /api/withdrawals/{id}': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Withdrawal']
  }
  'PATCH /api/admin/bots/{user_id}/activate': {
    params: { user_id: string }
    query: undefined
    body: undefined
    answer: {
      success: true
      status: 'pending' | 'active' | 'paused' | 'expired' | 'suspended' | 'error' | 'rate_limited'
      is_verified: boolean
    }
  }
  'PATCH /api/admin/bots/{user_id}/rate-limit': {
    params: { user_id: string }
    query: undefined
    body: { rps: number; max_concurrent: number }
    answer: { success: true; rate_limit_rps: number; max_concurrent_requests: number }
  }
  'PATCH /api/admin/bots/{user_id}/suspend': {
    params: { user_id: string }
    query: undefined
    body: { reason: string }
    answer: { success: true; status: 'suspended' }
  }
  'PATCH /api/categories/{id}': {
    params: { id: string }
    query: undefined
    body: { name: string } | { language: 'en' | 'zh' | 'fa' | 'ru'; name: string | null }
    answer: Schemas['Category']
  }
  'PATCH /api/instances/{id}': {
    params: { id: string }
    query: undefined
    body:
      | {
          name?: string | undefined
          owner_id?: string | null | undefined
          phone_number?: string | undefined
          placement?: 'pinned' | 'floating' | undefined
          rate_limit_rps?: number | undefined
          max_concurrent_requests?: number | undefined
        }
      | undefined
    answer: Schemas['Instance']
  }
  'PATCH /api/products/{id}': {
    params: { id: string }
    query: undefined
    body:
      | {
          name?: string | undefined
          description?: string | undefined
          category?: number | null | undefined
          base_price?: string | undefined
          status?: 'active' | 'hidden' | undefined
          visible_to_agents?: boolean | undefined
          limit_per_customer?: number | null | undefined
          low_stock_threshold?: number | null | undefined
          position?: number | undefined
        }
      | undefined
    answer: Schemas['Product']
  }
  'POST /api/admin/bots/{user_id}/access': {
    params: { user_id: string }
    query: undefined
    body: undefined
    answer: { success: true; user_id: string; bot_username: string | null; access_granted: true }
  }
  'POST /api/agent/withdrawals': {
    params: undefined
    query: undefined
    body: { amount: string; address: string }
    answer: Schemas['Withdrawal']
  }
  'POST /api/agents': {
    params: undefined
    query: undefined
    body: {
      id?: string | undefined
      name: string
      platform?: 'telegram' | 'whatsapp' | undefined
      token?: string | undefined
      phone_number?: string | undefined
      owner_id?: string | undefined
      server?: string | undefined
      placement?: 'pinned' | 'floating' | undefined
      duration_months?: 1 | 2 | 3 | 6 | 12 | undefined
      price?: string | undefined
      currency?: 'USDT' | 'IRR' | undefined
      payment?: string | undefined
    }
    answer: Schemas['Agent']
  }
  'POST /api/agents/{id}/claim-links': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['ClaimLink']
  }
  'POST /api/agents/{id}/owners': {
    params: { id: string }
    query: undefined
    body: { platform?: 'telegram' | 'whatsapp' | undefined; platform_user_id: string }
    answer: { items: Schemas['ShopOwner'][] }
  }
  'POST /api/agents/{id}/pause': { params: { id: string }; query: undefined; body: undefined; answer: Schemas['Agent'] }
  'POST /api/agents/{id}/resume': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Agent']
  }
  'POST /api/audit/verify': {
    params: undefined
    query: undefined
    body: { anchor?: string | undefined } | undefined
    answer: Schemas['AuditVerdict']
  }
  'POST /api/broadcasts': {
    params: undefined
    query: undefined
    body: { tenant?: string | undefined; html: string }
    answer: Schemas['Broadcast']
  }
  'POST /api/broadcasts/{id}/cancel': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Broadcast']
  }
  'POST /api/broadcasts/{id}/pause': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Broadcast']
  }
  'POST /api/broadcasts/{id}/preview': {
    params: { id: string }
    query: undefined
    body: { username?: string | undefined } | undefined
    answer: { id: number; chats: number }
  }
  'POST /api/broadcasts/{id}/resume': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Broadcast']
  }
  'POST /api/broadcasts/{id}/start': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Broadcast']
  }
  'POST /api/categories': { params: undefined; query: undefined; body: { name: string }; answer: Schemas['Category'] }
  'POST /api/categories/{id}/archive': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Category']
  }
  'POST /api/check-token': {
    params: undefined
    query: undefined
    body: { token: string }
    answer: Schemas['TokenVerdict']
  }
  'POST /api/customers/{id}/adjust': {
    params: { id: string }
    query: undefined
    body: { amount: string; currency?: 'USDT' | 'IRR' | undefined; reason: string }
    answer: Schemas['AdjustedBalance']
  }
  'POST /api/customers/{id}/block': {
    params: { id: string }
    query: undefined
    body: { reason: string }
    answer: Schemas['CustomerDetails']
  }
  'POST /api/customers/{id}/erase': {
    params: { id: string }
    query: undefined
    body: { with_balance?: boolean | undefined } | undefined
    answer: Schemas['CustomerDetails']
  }
  'POST /api/customers/{id}/unblock': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['CustomerDetails']
  }
  'POST /api/instances': {
    params: undefined
    query: undefined
    body: {
      platform?: 'telegram' | 'whatsapp' | undefined
      name: string
      phone_number?: string | undefined
      owner_id?: string | null | undefined
      token?: string | undefined
      tenant?: string | undefined
      server?: string | undefined
      placement?: 'pinned' | 'floating' | undefined
    }
    answer: Schemas['Instance']
  }
  'POST /api/instances/{id}/activate': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Instance']
  }
  'POST /api/instances/{id}/approve': {
    params: { id: string }
    query: undefined
    body: {
      duration_months: 1 | 2 | 3 | 6 | 12
      price?: string | undefined
      currency?: 'USDT' | 'IRR' | undefined
      payment?: string | undefined
    }
    answer: Schemas['Subscribed']
  }
  'POST /api/instances/{id}/expire': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Instance']
  }
  'POST /api/instances/{id}/move': {
    params: { id: string }
    query: undefined
    body: { to: string; force?: boolean | undefined }
    answer: Schemas['Instance']
  }
  'POST /api/instances/{id}/regenerate-code': {
    params: { id: string }
    query: undefined
    body: { method?: 'code' | 'qr' | undefined } | undefined
    answer: Schemas['Pairing']
  }
  'POST /api/instances/{id}/renew': {
    params: { id: string }
    query: undefined
    body: {
      duration_months: 1 | 2 | 3 | 6 | 12
      price?: string | undefined
      currency?: 'USDT' | 'IRR' | undefined
      payment?: string | undefined
    }
    answer: Schemas['Subscribed']
  }
  'POST /api/instances/{id}/restart': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Instance']
  }
  'POST /api/instances/{id}/start': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Instance']
  }
  'POST /api/instances/{id}/stop': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Instance']
  }
  'POST /api/instances/{id}/suspend': {
    params: { id: string }
    query: undefined
    body: { reason: string }
    answer: Schemas['Instance']
  }
  'POST /api/login': {
    params: undefined
    query: undefined
    body: { username: string; password: string; code?: string | undefined }
    answer: Schemas['LoggedIn']
  }
  'POST /api/logout': { params: undefined; query: undefined; body: undefined; answer: { success: true } }
  'POST /api/me/password': {
    params: undefined
    query: undefined
    body: { password: string; new_password: string }
    answer: Schemas['SessionsEnded']
  }
  'POST /api/me/second-factor': {
    params: undefined
    query: undefined
    body: { password: string }
    answer: Schemas['NewSecondFactor']
  }
  'POST /api/me/second-factor/confirm': {
    params: undefined
    query: undefined
    body: { code: string }
    answer: { recovery_codes: string[]; sessions_ended: number }
  }
  'POST /api/me/second-factor/end': {
    params: undefined
    query: undefined
    body: { password: string; code: string }
    answer: { success: true }
  }
  'POST /api/me/second-factor/recovery-codes': {
    params: undefined
    query: undefined
    body: { password: string }
    answer: { recovery_codes: string[] }
  }
  'POST /api/orders': {
    params: undefined
    query: undefined
    body: { customer: string; product: string; quantity?: number | undefined }
    answer: Schemas['Order']
  }
  'POST /api/orders/{id}/refund': {
    params: { id: string }
    query: undefined
    body: { units?: number[] | undefined; restock?: boolean | undefined; reason: string }
    answer: Schemas['RefundedOrder']
  }
  'POST /api/outbox/drop': {
    params: undefined
    query: undefined
    body: { ids: number[] }
    answer: { dropped: number[] }
  }
  'POST /api/outbox/redrive': {
    params: undefined
    query: undefined
    body: { ids: number[] } | { all: true; tenant?: string | undefined; kind?: string | undefined }
    answer: { redriven: number[] }
  }
  'POST /api/products': {
    params: undefined
    query: undefined
    body: {
      id?: string | undefined
      name: string
      description?: string | undefined
      category?: number | null | undefined
      base_price: string
      currency?: 'USDT' | 'IRR' | undefined
      limit_per_customer?: number | null | undefined
      low_stock_threshold?: number | null | undefined
      visible_to_agents?: boolean | undefined
      status?: 'active' | 'hidden' | undefined
    }
    answer: Schemas['Product']
  }
  'POST /api/products/{id}/archive': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Product']
  }
  'POST /api/products/{id}/stock': {
    params: { id: string }
    query: undefined
    body:
      | { format?: 'lines' | 'csv' | 'jsonl' | undefined; goods: string; source?: string | undefined }
      | { file: { name: string; content: string } }
    answer: Schemas['AddedStock']
  }
  'POST /api/products/{id}/stock/remove': {
    params: { id: string }
    query: undefined
    body: { units: 'all' | { import: number } | { ids: number[] }; spoil?: string | undefined }
    answer: Schemas['RemovedStock']
  }
  'POST /api/servers/confirm-clock': {
    params: undefined
    query: undefined
    body: { force?: boolean | undefined } | undefined
    answer: { pause: Schemas['ExpiryPause']; clock: string; due: string[] }
  }
  'POST /api/servers/{name}/drain': {
    params: { name: string }
    query: undefined
    body: { pinned?: 'stay' | 'stop' | undefined } | undefined
    answer: Schemas['Server']
  }
  'POST /api/servers/{name}/undrain': {
    params: { name: string }
    query: undefined
    body: undefined
    answer: Schemas['Server']
  }
  'POST /api/shops/{tenant}/buttons': {
    params: { tenant: string }
    query: undefined
    body: { title: string; url: string }
    answer: Schemas['Shop']
  }
  'POST /api/tokens': {
    params: undefined
    query: undefined
    body: {
      name: string
      user?: string | undefined
      scopes?:
        | (
            | 'instance.read'
            | 'instance.create'
            | 'instance.edit'
            | 'instance.set_token'
            | 'instance.approve'
            | 'instance.renew'
            | 'instance.expire'
            | 'instance.suspend'
            | 'instance.activate'
            | 'instance.start'
            | 'instance.stop'
            | 'instance.restart'
            | 'instance.pair'
            | 'instance.move'
            | 'instance.delete'
            | 'instance.logs'
            | 'server.read'
            | 'server.drain'
            | 'server.confirm_clock'
            | 'settings.read'
            | 'user.read'
            | 'user.manage'
            | 'key.rotate'
            | 'database.backup'
            | 'database.restore'
            | 'agent.read'
            | 'agent.manage'
            | 'agent.self'
            | 'user_bot.access'
            | 'shop.read'
            | 'shop.edit'
            | 'catalogue.read'
            | 'catalogue.edit'
            | 'stock.read'
            | 'stock.add'
            | 'stock.remove'
            | 'stock.export'
            | 'customer.read'
            | 'customer.block'
            | 'customer.erase'
            | 'balance.adjust'
            | 'order.read'
            | 'order.place'
            | 'order.refund'
            | 'top_up.read'
            | 'top_up.confirm'
            | 'withdrawal.read'
            | 'withdrawal.request'
            | 'withdrawal.cancel'
            | 'withdrawal.review'
            | 'withdrawal.pay'
            | 'withdrawal.force'
            | 'ledger.read'
            | 'outbox.read'
            | 'outbox.redrive'
            | 'broadcast.send'
            | 'import.run'
            | 'audit.read'
          )[]
        | undefined
      expires_in?: string | undefined
    }
    answer: Schemas['NewApiToken']
  }
  'POST /api/top-ups': {
    params: undefined
    query: undefined
    body: { customer: string; amount: string }
    answer: Schemas['TopUp']
  }
  'POST /api/top-ups/{id}/confirm': {
    params: { id: string }
    query: undefined
    body: { reference: string; amount?: string | undefined }
    answer: Schemas['TopUp']
  }
  'POST /api/top-ups/{id}/reject': {
    params: { id: string }
    query: undefined
    body: { reason: string }
    answer: Schemas['TopUp']
  }
  'POST /api/user-bot/create': {
    params: undefined
    query: undefined
    body: {
      bot_token: string
      telegram_api_id?: number | undefined
      telegram_api_hash?: string | undefined
      telegram_phone?: string | null | undefined
    }
    answer: Schemas['OwnBotCreated']
  }
  'POST /api/user-bot/verify': {
    params: undefined
    query: undefined
    body: undefined
    answer: {
      success: true
      status: 'pending' | 'active' | 'paused' | 'expired' | 'suspended' | 'error' | 'rate_limited'
      is_verified: boolean
    }
  }
  'POST /api/users': {
    params: undefined
    query: undefined
    body: {
      username: string
      password: string
      role: 'owner' | 'admin' | 'operator' | 'viewer' | 'agent'
      tenant?: string | undefined
    }
    answer: Schemas['User']
  }
  'POST /api/users/{username}/disable': {
    params: { username: string }
    query: undefined
    body: undefined
    answer: Schemas['User']
  }
  'POST /api/users/{username}/enable': {
    params: { username: string }
    query: undefined
    body: undefined
    answer: Schemas['User']
  }
  'POST /api/users/{username}/link-code': {
    params: { username: string }
    query: undefined
    body: undefined
    answer: { username: string; code: string; message: string; expires_at: string }
  }
  'POST /api/users/{username}/unlock': {
    params: { username: string }
    query: undefined
    body: undefined
    answer: { failures_forgotten: number }
  }
  'POST /api/withdrawals': {
    params: undefined
    query: undefined
    body: { tenant?: string | undefined; amount: string; address: string }
    answer: Schemas['Withdrawal']
  }
  'POST /api/withdrawals/{id}/approve': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Withdrawal']
  }
  'POST /api/withdrawals/{id}/cancel': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Withdrawal']
  }
  'POST /api/withdrawals/{id}/pay': {
    params: { id: string }
    query: undefined
    body: { txid: string }
    answer: Schemas['Withdrawal']
  }
  'POST /api/withdrawals/{id}/reject': {
    params: { id: string }
    query: undefined
    body: { reason: string; force?: boolean | undefined }
    answer: Schemas['Withdrawal']
  }
  'PUT /api/agent/pricing': {
    params: undefined
    query: undefined
    body:
      | { kind: 'percent'; percent: string }
      | { kind: 'fixed'; amount: string; currency?: 'USDT' | 'IRR' | undefined }
    answer: Schemas['Shop']
  }
  'PUT /api/categories/order': {
    params: undefined
    query: undefined
    body: { categories: number[] }
    answer: { items: Schemas['Category'][] }
  }
  'PUT /api/instances/{id}/token': {
    params: { id: string }
    query: undefined
    body: { token: string }
    answer: Schemas['Instance']
  }
  'PUT /api/products/{id}/picture': {
    params: { id: string }
    query: undefined
    body: { picture: string }
    answer: Schemas['Product']
  }
  'PUT /api/products/{id}/translations/{language}': {
    params: { id: string; language: 'en' | 'zh' | 'fa' | 'ru' }
    query: undefined
    body: { name?: string | null | undefined; description?: string | null | undefined } | undefined
    answer: Schemas['Product']
  }
  'PUT /api/shops/{tenant}/links/{link}': {
    params: { tenant: string; link: 'support' | 'channel' | 'announcement' }
    query: undefined
    body: { address: string | null }
    answer: Schemas['Shop']
  }
  'PUT /api/shops/{tenant}/notices': {
    params: { tenant: string }
    query: undefined
    body: { chat: string | null }
    answer: Schemas['Shop']
  }
  'PUT /api/shops/{tenant}/pricing': {
    params: { tenant: string }
    query: undefined
    body:
      | { kind: 'percent'; percent: string }
      | { kind: 'fixed'; amount: string; currency?: 'USDT' | 'IRR' | undefined }
    answer: Schemas['Shop']
  }
  'PUT /api/shops/{tenant}/texts/{text}/{language}': {
    params: { tenant: string; text: 'welcome' | 'help' | 'terms'; language: 'en' | 'zh' | 'fa' | 'ru' }
    query: undefined
    body: { text: string | null }
    answer: { shop: Schemas['Shop']; trouble: string | null }
  }
  'PUT /api/users/{username}/password': {
    params: { username: string }
    query: undefined
    body: { password: string }
    answer: Schemas['SessionsEnded']
  }
  'PUT /api/users/{username}/role': {
    params: { username: string }
    query: undefined
    body: { role: 'owner' | 'admin' | 'operator' | 'viewer' | 'agent'; tenant?: string | undefined }
    answer: Schemas['User']
  }
}
