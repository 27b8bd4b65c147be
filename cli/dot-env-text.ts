/** The settings as `init` writes them: a heading, then name, example or default, and what it is for. */
const sections: readonly (readonly [string, readonly (readonly [string, string, string])[]])[] = [
  [
    'This server',
    [
      ['SERVERNAME', 'server1', "This server's name; each server of one database has its own."],
      ['BOTFLEET_HOME', './.botfleet', 'Keys, logs, sockets and the embedded database live here.'],
      ['HOST', '127.0.0.1', 'Address of the panel and its API.'],
      ['PORT', '8080', 'Port of the panel and its API.'],
      ['PUBLIC_URL', 'https://panel.example', 'Behind a TLS proxy: where browsers find the panel.'],
      ['TRUSTED_PROXIES', '', 'Proxies whose X-Forwarded-For is believed.'],
      ['PLAIN_HTTP', '0', '1 shows the panel to other machines without TLS: on a network that nobody else can read.'],
      ['PEER_URL', 'https://server1.example', 'Where the other servers of this database ask this one for logs.'],
      ['PEER_PLAIN_HTTP', '0', '1 asks other servers without TLS, too: on a network that nobody else can read.'],
      ['METRICS_PORT', '9464', "A port of its own for /metrics, /healthz and /readyz. Left out: the panel's."],
      ['METRICS_HOST', '127.0.0.1', 'Address of that port.'],
      ['METRICS_PER_BOT', '0', '1 shows CPU and memory of each bot among the metrics.'],
      ['LOG_LEVEL', 'info', 'trace, debug, info, warn, error or fatal.'],
    ],
  ],
  [
    'Database (secrets: <NAME>_FILE names a file instead)',
    [
      [
        'DATABASE_URL',
        'postgres://botfleet@db.example/botfleet',
        'Postgres 15 or newer. Left out: an embedded one under BOTFLEET_HOME.',
      ],
      [
        'AGENT_TOKEN_AES_KEY',
        '',
        "Seals bot tokens; './botfleet keygen' makes one. Left out: made once, kept in BOTFLEET_HOME/keys.",
      ],
      ['AGENT_TOKEN_AES_KEY_PREVIOUS', '', 'Older keys that still open, separated by commas.'],
    ],
  ],
  [
    'People of the panel',
    [
      ['ADMIN_USERNAME', 'admin', 'Made at the first start.'],
      ['ADMIN_PASSWORD', '', 'Left out: generated and shown, or written to a file that is named.'],
      ['REQUIRE_SECOND_FACTOR', 'owner,admin', 'Roles that can do nothing in the panel without an authenticator.'],
    ],
  ],
  [
    'Bots',
    [
      ['BOT_TOKEN', '', 'Creates or marks the master bot at the first start.'],
      ['TELEGRAM_API_ROOT', 'https://api.telegram.org', 'A local Bot API server, or the sandbox.'],
      ['WHATSAPP_WS_URL', '', "WhatsApp's address, for tests; ws:// goes to this machine only."],
      ['WA_WEB_VERSION', '2.3000.1043857760', 'What the client says it is, where WhatsApp refuses its own (405).'],
      ['WHATSAPP_CONNECT_CONCURRENCY', '5', 'WhatsApp bots that log in at the same time.'],
      ['WORKER_PORT_BASE', '4001', 'First port of the workers, on loopback.'],
      ['WORKER_PORT_COUNT', '1000', 'How many ports may be used from there.'],
      ['MAX_INSTANCES', '100', 'How many bots this server runs at most.'],
      ['WORKER_MEMORY_MB', '256', 'A worker above this is drained and started anew.'],
      ['STANDBY', '1', 'One loaded spare worker a platform for the next start; 0 is none.'],
      ['DAYS_PER_MONTH', '30', 'Length of a subscription month.'],
    ],
  ],
  [
    'The shop (amounts in USDT)',
    [
      ['MATURITY_HOURS', '48', "How long an agent's profit is pending; 0 is at once."],
      ['MATURITY_CHECK_SECONDS', '600', 'How often due profit matures.'],
      ['ORDER_HOLD_MINUTES', '15', 'Held goods that are not paid go back to the shelf.'],
      ['WITHDRAWAL_MIN', '10', 'The least that an agent withdraws.'],
      ['WITHDRAWAL_FEE', '1', 'Taken out of the amount.'],
      ['WITHDRAWAL_TWO_PEOPLE_ABOVE', '500', 'Above it two users approve, none of them the requester.'],
      ['TOP_UP_MIN', '1', 'The least that a customer pays in at once.'],
      ['TOP_UP_MAX', '10000', 'The most.'],
      ['TOP_UP_HOURS', '24', 'How long a customer has to pay.'],
      ['TOP_UP_INSTRUCTIONS', '', 'How to pay, in the words that customers read.'],
    ],
  ],
  [
    'Times',
    [
      ['LEASE_TTL_SECONDS', '30', 'Longer rides out longer database failovers, shorter takes over sooner.'],
      ['EXPIRY_CHECK_SECONDS', '60', 'How often ended subscriptions are swept, besides their timers.'],
      ['START_CONCURRENCY', '4', 'Workers that start at the same time.'],
      ['START_TIMEOUT_SECONDS', '60', 'A worker that is not connected by then is restarted.'],
      ['WHATSAPP_CONFLICT_RETRY_SECONDS', '60', "The one retry after another session took a bot's link."],
      ['WHATSAPP_VERSION_RETRY_SECONDS', '900', 'Retries while WhatsApp refuses the version.'],
      ['GRACE_SECONDS', '12', 'How long a worker may finish before it is killed.'],
      ['RESTART_MAX_SECONDS', '300', 'Longest pause between restarts.'],
      ['POLL_STUCK_SECONDS', '90', 'A poll out for this long is stuck: its worker is started anew.'],
      ['RESTART_HEALTHY_SECONDS', '60', 'Health after which the restart budget is full again.'],
      ['RESTART_BUDGET', '10', 'Crashes within the window after which a bot is failed.'],
      ['RESTART_WINDOW_SECONDS', '600', 'That window.'],
    ],
  ],
  [
    'What is kept',
    [
      ['SAMPLE_SECONDS', '15', 'How often memory and CPU are measured.'],
      ['SAMPLE_RETENTION_HOURS', '48', 'Measurements.'],
      ['EVENT_RETENTION_DAYS', '90', 'Events of bots; money and audit stay for ever.'],
      ['HANDLED_UPDATE_RETENTION_HOURS', '192', 'Ids of handled messages; at least 48.'],
      ['LOG_MAX_MB', '10', 'Size at which a log file is rotated.'],
      ['LOG_FILES', '3', 'Old log files kept for each bot.'],
    ],
  ],
]

/** The names of all settings that `init` explains; a test holds them against the settings there are. */
export const explainedSettings: readonly string[] = sections.flatMap(([, settings]) => settings.map(([name]) => name))

/** The text of a fresh `.env`: every setting explained, commented out, with its default or an example. */
export function dotEnvText(): string {
  const parts = sections.map(([heading, settings]) => {
    const lines = settings.map(([name, value, purpose]) => `# ${purpose}\n#${name}=${value}`)
    return `## ${heading}\n\n${lines.join('\n')}`
  })
  return `# Settings of botfleet. The environment wins over this file. Keep it private: it may hold secrets.\n\n${parts.join('\n\n')}\n`
}
