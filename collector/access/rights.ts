/** Who may do what. A closed list: a route names one of these, or the collector does not start. */
export const rights = [
  'session.own',
  'incidents.read',
  'incidents.act',
  'events.read',
  'endpoints.read',
  'mutes.act',
  'alerts.read',
  'alerts.act',
  'health.read',
  'openapi.read',
] as const
export type Right = (typeof rights)[number]

/** `bootstrap` may see and do everything until the separated duties (三员分立) come. */
const rightsOf: Readonly<Record<string, readonly Right[]>> = { bootstrap: rights }

/** None for a role that is not known. */
export const rightsOfRole = (role: string): readonly Right[] =>
  (Object.hasOwn(rightsOf, role) ? rightsOf[role] : []) ?? []

/** Until the first password is changed an account may do that and nothing else. */
export const RIGHT_BEFORE_CHANGE: Right = 'session.own'
