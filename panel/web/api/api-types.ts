// Written by panel/build/write-api-types.ts from the OpenAPI document, to which a test holds it. Not to be edited.

export interface Schemas {
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
  Me: { user: Schemas['User']; expires_at: string; permissions: string[] }
  Pairing: {
    success: true
    pairing_code: string | null
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
  Problem: {
    type: string
    title: string
    status: number
    detail: string
    instance: string
    code: string
    requestId: string
    errors?: { field: string; message: string }[] | undefined
  }
  Sample: { at: string; cpu_percent: number; memory_bytes: number }
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
    memory_bytes: number
    standby_count: number
    standby_memory_bytes: number
    url: string | null
    version: string | null
    started_at: string | null
  }
  ServerInfo: { server_name: string; total_bots: number; new_bots: number; approved_bots: number; expired_bots: number }
  Setting: { name: string; value: string | null; is_secret: boolean; is_set: boolean }
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
  User: {
    id: string
    username: string
    role: 'owner' | 'admin' | 'operator' | 'viewer' | 'agent'
    tenant: string | null
    created_at: string
    updated_at: string
    disabled_at: string | null
    linked: { platform: 'telegram' | 'whatsapp'; platform_user_id: string; linked_at: string }[]
  }
}

export interface Operations {
  'DELETE /api/instances/{id}': {
    params: { id: string }
    query: undefined
    body: undefined
    answer: Schemas['Instance']
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
  'GET /api/me': { params: undefined; query: undefined; body: undefined; answer: Schemas['Me'] }
  'GET /api/openapi.json': { params: undefined; query: undefined; body: undefined; answer: { openapi: string } }
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
  'PATCH /api/instances/{id}': {
    params: { id: string }
    query: undefined
    body:
      | {
          name?: string | undefined
          owner_id?: string | undefined
          phone_number?: string | undefined
          placement?: 'pinned' | 'floating' | undefined
          rate_limit_rps?: number | undefined
          max_concurrent_requests?: number | undefined
        }
      | undefined
    answer: Schemas['Instance']
  }
  'POST /api/check-token': {
    params: undefined
    query: undefined
    body: { token: string }
    answer: Schemas['TokenVerdict']
  }
  'POST /api/instances': {
    params: undefined
    query: undefined
    body: {
      platform?: 'telegram' | 'whatsapp' | undefined
      name: string
      phone_number?: string | undefined
      owner_id?: string | undefined
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
    body: { username: string; password: string }
    answer: Schemas['LoggedIn']
  }
  'POST /api/logout': { params: undefined; query: undefined; body: undefined; answer: { success: true } }
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
  'PUT /api/instances/{id}/token': {
    params: { id: string }
    query: undefined
    body: { token: string }
    answer: Schemas['Instance']
  }
}
