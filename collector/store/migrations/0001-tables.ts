import { sql, type ColumnDefinitionBuilder, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

const id = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.primaryKey().autoIncrement()
const must = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull()
const zero = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull().defaultTo(0)
const unique = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull().unique()

/** Times and counters are 64 bits in both dialects. */
const big = 'bigint'

/** Who reports, and what they are. */
// oxfmt-ignore
async function endpoints({ schema }: Kysely<unknown>): Promise<void> {
  await schema.createTable('store').addColumn('id', 'integer', (c) => c.primaryKey()).addColumn('form', 'integer', must)
    .addColumn('incarnation', 'text', must).addColumn('revision', big, zero).execute()
  await schema.createTable('endpoint').addColumn('id', 'integer', id)
    .addColumn('host', 'text', must).addColumn('name', 'text', must).addColumn('department', 'text', must).addColumn('responsible', 'text')
    .addColumn('level', 'text', must).addColumn('network_kind', 'text', must).addColumn('allowed_networks', 'text').addColumn('cards', 'text').addColumn('gateway_macs', 'text')
    .addColumn('status', 'text', must).addColumn('merged_into', 'integer', (c) => c.references('endpoint.id')).addColumn('made_at', big, must).addColumn('retired_at', big).execute()
  await schema.createIndex('endpoint_host').on('endpoint').expression(sql`lower(host)`).execute()
  await schema.createTable('agent').addColumn('id', 'integer', id)
    .addColumn('agent', 'text', unique).addColumn('verifier_key', 'text', must).addColumn('certificate_serial', 'text', must)
    .addColumn('endpoint_id', 'integer', (c) => must(c).references('endpoint.id')).addColumn('host', 'text', must).addColumn('passport', 'text', must).addColumn('machine', 'text', must)
    .addColumn('enrolled_at', big, must).addColumn('retired_at', big).addColumn('connected_since', big).addColumn('last_seen_at', big)
    .addColumn('last_address', 'text').addColumn('version', 'text').addColumn('policy_version', big, zero).addColumn('register_version', big, zero)
    .addColumn('media_versions', 'text', (c) => must(c).defaultTo('[]')).addColumn('health', 'text').execute()
  await schema.createIndex('agent_endpoint').on('agent').column('endpoint_id').execute()
  await schema.createIndex('agent_seen').on('agent').column('last_seen_at').execute()
  await schema.createTable('tenure').addColumn('id', 'integer', id).addColumn('agent_id', 'integer', (c) => must(c).references('agent.id'))
    .addColumn('endpoint_id', 'integer', (c) => must(c).references('endpoint.id')).addColumn('from_at', big, must).addColumn('to_at', big).execute()
  await schema.createIndex('tenure_agent').on('tenure').column('agent_id').execute()
  await schema.createIndex('tenure_endpoint').on('tenure').column('endpoint_id').execute()
}

/** What was reported. */
// oxfmt-ignore
async function logs({ schema }: Kysely<unknown>): Promise<void> {
  await schema.createTable('boot').addColumn('id', 'integer', id).addColumn('agent_id', 'integer', (c) => must(c).references('agent.id')).addColumn('boot', 'text', must)
    .addColumn('anchor_mono', big).addColumn('anchor_at', big).addColumn('retimed_to', 'integer').addUniqueConstraint('boot_once', ['agent_id', 'boot']).execute()
  await schema.createIndex('boot_retiming').on('boot').column('agent_id').where(sql.ref('retimed_to'), 'is not', null).execute()
  await schema.createTable('log').addColumn('id', 'integer', id)
    .addColumn('agent_id', 'integer', (c) => must(c).references('agent.id')).addColumn('epoch', 'text', must)
    .addColumn('size', big, zero).addColumn('frontier', 'blob', must).addColumn('checkpoint', 'text', must)
    .addColumn('boot_id', 'integer', (c) => must(c).references('boot.id')).addColumn('branch', 'integer', must).addColumn('position', 'double precision', must)
    .addColumn('previous', 'text').addColumn('previous_size', big).addColumn('previous_root', 'text').addColumn('ended', 'text').addColumn('replaces', 'integer')
    .addColumn('forked', 'integer', zero).addColumn('broken', 'text')
    .addColumn('first_mono', big, must).addColumn('first_trusted', big).addColumn('first_wall', big, must).addColumn('last_mono', big, must).addColumn('last_trusted', big).addColumn('last_wall', big, must).addColumn('judged_from', big).addColumn('over_at', big).addColumn('again_to', big, zero)
    .addUniqueConstraint('log_epoch', ['agent_id', 'epoch']).execute()
  await schema.createIndex('log_position').on('log').columns(['agent_id', 'position']).execute()
  await schema.createIndex('log_previous').on('log').columns(['agent_id', 'previous']).execute()
  await schema.createIndex('log_branch').on('log').columns(['branch', 'position']).execute()
  await schema.createIndex('log_broken').on('log').column('id').where(sql.ref('broken'), 'is not', null).execute()
  await schema.createIndex('log_forked').on('log').column('id').where(sql.ref('forked'), '=', sql.lit(1)).execute()
  await schema.createTable('fork').addColumn('log_id', 'integer', (c) => c.primaryKey()).addColumn('at', big, must).addColumn('idx', big, must)
    .addColumn('line', 'blob', must).addColumn('checkpoint', 'text', must).addColumn('count', big, must).execute()
  await schema.createTable('kind').addColumn('id', 'integer', id).addColumn('name', 'text', unique).execute()
  // No foreign keys on the one hot table: each would cost a look-up a row. The commit is the only writer.
  await schema.createTable('entry').addColumn('id', 'integer', id).addColumn('log_id', 'integer', must).addColumn('idx', big, must)
    .addColumn('at', big, must).addColumn('received_at', big, must).addColumn('kind', 'integer').addColumn('state', 'integer', must).addColumn('severity', 'integer')
    .addColumn('matter_id', 'integer').addColumn('incident_number', 'integer').addColumn('line', 'blob').addColumn('leaf', 'blob').addColumn('reason', 'text')
    .addUniqueConstraint('entry_place', ['log_id', 'idx']).execute()
  await schema.createIndex('entry_matter').on('entry').columns(['matter_id', 'log_id', 'idx']).where(sql.ref('matter_id'), 'is not', null).execute()
  await schema.createIndex('entry_incident').on('entry').columns(['incident_number', 'id']).where(sql.ref('incident_number'), 'is not', null).execute()
  await schema.createIndex('entry_quarantined').on('entry').column('id').where(sql.ref('state'), '=', sql.lit(2)).execute()
  await schema.createTable('refusal').addColumn('id', 'integer', id).addColumn('at', big, must).addColumn('agent', 'text').addColumn('peer', 'text', must)
    .addColumn('code', 'text', must).addColumn('detail', 'text', must).addColumn('epoch', 'text').addColumn('from_idx', big).addColumn('message', 'blob').execute()
  await schema.createIndex('refusal_at').on('refusal').column('at').execute()
  await schema.createIndex('refusal_epoch').on('refusal').columns(['agent', 'epoch']).where(sql.ref('epoch'), 'is not', null).execute()
}

/** What was made of it. */
// oxfmt-ignore
async function incidents({ schema }: Kysely<unknown>): Promise<void> {
  await schema.createTable('matter').addColumn('id', 'integer', id).addColumn('kind', 'text', must)
    .addColumn('agent_id', 'integer', (c) => must(c).references('agent.id')).addColumn('key', 'text', must).addColumn('branch', 'integer', must).addColumn('boot_id', 'integer', must)
    .addColumn('facts', 'text', must).addColumn('going_on', 'integer', zero).addColumn('incident_number', 'integer').addColumn('stale', 'integer', zero)
    .addUniqueConstraint('matter_key', ['agent_id', 'kind', 'key']).execute()
  await schema.createIndex('matter_going_on').on('matter').columns(['branch', 'boot_id']).where(sql.ref('going_on'), '=', sql.lit(1)).execute()
  await schema.createIndex('matter_of_agent_going_on').on('matter').columns(['agent_id', 'branch']).where(sql.ref('going_on'), '=', sql.lit(1)).execute()
  await schema.createIndex('matter_stale').on('matter').column('id').where(sql.ref('stale'), '=', sql.lit(1)).execute()
  await schema.createTable('broken_part').addColumn('matter_id', 'integer', must).addColumn('boot_id', 'integer', must).addColumn('part', 'text', must)
    .addPrimaryKeyConstraint('broken_part_once', ['matter_id', 'boot_id', 'part']).execute()
  await schema.createTable('incident').addColumn('number', 'integer', id).addColumn('id', 'text', unique).addColumn('kind', 'text', must)
    .addColumn('matter_id', 'integer', (c) => c.references('matter.id')).addColumn('agent_id', 'integer', (c) => must(c).references('agent.id'))
    .addColumn('endpoint_id', 'integer', (c) => must(c).references('endpoint.id'))
    .addColumn('department', 'text', must).addColumn('level', 'text', must).addColumn('severity', 'integer', must).addColumn('stage', 'text', must)
    .addColumn('opened_at', big, must).addColumn('arrived_at', big, must).addColumn('last_at', big, must).addColumn('ended_at', big)
    .addColumn('boot_id', 'integer').addColumn('opening_entry', 'integer').addColumn('facts', 'text').addColumn('state', 'text', must).addColumn('device', 'text')
    .addColumn('revision', big, must).addColumn('version', 'integer', zero).addColumn('linked_to', 'integer').addColumn('withdrawn_into', 'integer').execute()
  await schema.createIndex('incident_revision').on('incident').column('revision').execute()
  await schema.createIndex('incident_matter').on('incident').column('matter_id').execute()
  await schema.createIndex('incident_boot').on('incident').columns(['boot_id', 'number']).execute()
  await schema.createIndex('incident_going_on').on('incident').columns(['agent_id', 'kind']).where(sql.ref('ended_at'), 'is', null).execute()
  await schema.createTable('action').addColumn('id', 'integer', id).addColumn('incident_number', 'integer', (c) => must(c).references('incident.number')).addColumn('kind', 'text', must)
    .addColumn('actor_kind', 'text', must).addColumn('actor_id', 'text', must).addColumn('actor_name', 'text', must).addColumn('at', big, must)
    .addColumn('reason', 'text').addColumn('fields', 'text', must).execute()
  await schema.createIndex('action_incident').on('action').columns(['incident_number', 'id']).execute()
}

/** The lists that people read: every filter in both orders. What an index has before the filter that is asked for takes few
 *  values, all of them known: a list is then merged from one range of each (store/incident-lists.ts). What is searched for has
 *  indexes that hold the filters behind the order: nothing else is read of what does not fit. */
async function lists(db: Kysely<unknown>): Promise<void> {
  for (const [order, at] of [
    ['happened', 'opened_at'],
    ['arrived', 'arrived_at'],
  ] as const)
    for (const filter of [
      [],
      ['department'],
      ['severity', 'stage', 'kind'],
      ['department', 'severity', 'stage', 'kind'],
    ] as const)
      await db.schema
        .createIndex(['incident', order, ...filter].join('_'))
        .on('incident')
        .columns([...filter, at, 'number'])
        .execute()
  for (const [order, at] of [
    ['happened', 'opened_at'],
    ['arrived', 'arrived_at'],
  ] as const) {
    const columns = [at, 'number', 'severity', 'stage', 'kind', 'department'] as const
    await db.schema
      .createIndex(`incident_${order}_endpoint`)
      .on('incident')
      .columns(['endpoint_id', ...columns])
      .execute()
    const device = db.schema.createIndex(`incident_${order}_device`).on('incident')
    await device
      .columns(['device', ...columns])
      .where(sql.ref('device'), 'is not', null)
      .execute()
  }
  await counts(db)
}

/** How many incidents there are of each sort, kept by the store itself: whoever asks counts none. */
async function counts(db: Kysely<unknown>): Promise<void> {
  const sort = ['stage', 'department', 'severity', 'kind'] as const
  await db.schema
    .createTable('incident_count')
    .addColumn('stage', 'text', must)
    .addColumn('department', 'text', must)
    .addColumn('severity', 'integer', must)
    .addColumn('kind', 'text', must)
    .addColumn('count', big, must)
    .addPrimaryKeyConstraint('incident_count_once', [...sort])
    .execute()
  const more = sql`INSERT INTO incident_count (stage, department, severity, kind, count)
    VALUES (NEW.stage, NEW.department, NEW.severity, NEW.kind, 1)
    ON CONFLICT (stage, department, severity, kind) DO UPDATE SET count = count + 1;`
  const fewer = sql`UPDATE incident_count SET count = count - 1
    WHERE stage = OLD.stage AND department = OLD.department AND severity = OLD.severity AND kind = OLD.kind;`
  await sql`CREATE TRIGGER incident_counted AFTER INSERT ON incident BEGIN ${more} END`.execute(db)
  await sql`CREATE TRIGGER incident_recounted AFTER UPDATE OF stage, severity ON incident
    WHEN OLD.stage <> NEW.stage OR OLD.severity <> NEW.severity BEGIN ${fewer} ${more} END`.execute(db)
}

/** What people do, and what goes out to them. */
// oxfmt-ignore
async function people({ schema }: Kysely<unknown>): Promise<void> {
  await schema.createTable('mute').addColumn('id', 'integer', id).addColumn('rule', 'text', must).addColumn('endpoint_id', 'integer', (c) => must(c).references('endpoint.id'))
    .addColumn('until_at', big, must).addColumn('reason', 'text', must).addColumn('actor_name', 'text', must).addColumn('made_at', big, must).addColumn('lifted_at', big).execute()
  await schema.createIndex('mute_until').on('mute').column('until_at').execute()
  await schema.createIndex('mute_endpoint').on('mute').columns(['endpoint_id', 'until_at']).execute()
  await schema.createTable('audit').addColumn('id', 'integer', id).addColumn('at', big, must).addColumn('act', 'text', must).addColumn('line', 'text', must).execute()
  await schema.createTable('alert').addColumn('id', 'integer', id).addColumn('incident_number', 'integer', (c) => must(c).references('incident.number')).addColumn('mailbox', 'text', must)
    .addColumn('state', 'text', must).addColumn('news', 'text', must).addColumn('telling', 'text').addColumn('severity', 'integer', must)
    .addColumn('created_at', big, must).addColumn('due_at', big, must).addColumn('next_at', big, must).addColumn('sent', 'integer', zero).addColumn('sent_severity', 'integer')
    .addColumn('attempts', 'integer', zero).addColumn('delivered_at', big).addColumn('last_error', 'text').addColumn('digest', 'text')
    .addUniqueConstraint('alert_once', ['incident_number', 'mailbox']).execute()
  const waiting = schema.createIndex('alert_due').on('alert').columns(['mailbox', 'next_at'])
  await waiting.where(sql.ref('state'), '=', sql.lit('waiting')).where(sql.ref('digest'), 'is', null).execute()
  const since = schema.createIndex('alert_since').on('alert').columns(['mailbox', 'due_at'])
  await since.where(sql.ref('state'), '=', sql.lit('waiting')).execute()
  await schema.createIndex('alert_made').on('alert').columns(['state', 'created_at', 'id']).execute()
  await schema.createIndex('alert_mailbox').on('alert').columns(['mailbox', 'state', 'created_at', 'id']).execute()
  await schema.createIndex('alert_digest').on('alert').columns(['digest', 'severity', 'due_at desc']).where(sql.ref('digest'), 'is not', null).execute()
  await schema.createTable('mailbox').addColumn('mailbox', 'text', (c) => c.primaryKey()).addColumn('failures', 'integer', zero).addColumn('next_at', big, zero)
    .addColumn('last_error', 'text').addColumn('unseen_attempts', big, zero).addColumn('digest', 'text').addColumn('daily_for', 'text').execute()
  await schema.createTable('document').addColumn('id', 'integer', id).addColumn('kind', 'text', must).addColumn('agent_id', 'integer').addColumn('part', 'integer')
    .addColumn('version', big, must).addColumn('content_hash', 'text', must).addColumn('expires_at', big, must).addColumn('note', 'text', must).execute()
  await schema.createIndex('document_newest').on('document').columns(['kind', 'agent_id', 'part', 'version']).execute()
  await schema.createTable('ledger').addColumn('id', 'integer', (c) => c.primaryKey()).addColumn('revision', big, must).addColumn('content', 'text', must).addColumn('source_hash', 'text', must).execute()
  await schema.createTable('token').addColumn('id', 'integer', id).addColumn('hash', 'text', unique).addColumn('department', 'text', must)
    .addColumn('level', 'text', must).addColumn('network_kind', 'text', must).addColumn('uses_left', 'integer', must)
    .addColumn('expires_at', big, must).addColumn('created_at', big, must).execute()
  await schema.createTable('account').addColumn('id', 'integer', id).addColumn('name', 'text', unique).addColumn('password_hash', 'text', must)
    .addColumn('role', 'text', must).addColumn('must_change', 'integer', must).addColumn('created_at', big, must).execute()
  await schema.createTable('session').addColumn('hash', 'text', (c) => c.primaryKey()).addColumn('account_id', 'integer', (c) => must(c).references('account.id'))
    .addColumn('csrf', 'text', must).addColumn('created_at', big, must).addColumn('expires_at', big, must).execute()
  await schema.createIndex('session_account').on('session').columns(['account_id', 'created_at']).execute()
  await schema.createIndex('session_expires').on('session').column('expires_at').execute()
}

export const tables: Migration = {
  async up(db: Kysely<unknown>) {
    await endpoints(db)
    await logs(db)
    await incidents(db)
    await lists(db)
    await people(db)
  },
}
