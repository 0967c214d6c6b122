/** All that the console knows of the collector: the shapes of the API's answers, as types. */
export type { ActionListView, ActionView, ChangedView } from '#collector/api/shapes/action.ts'
export type { AlertPageView, TestView } from '#collector/api/shapes/alert.ts'
export type { EndpointListView, EndpointView } from '#collector/api/shapes/endpoint.ts'
export type { EventPageView, EventView } from '#collector/api/shapes/event.ts'
export type { FeedEnd } from '#collector/api/shapes/feed.ts'
export type { HealthView } from '#collector/api/shapes/health.ts'
export type { IncidentPageView, IncidentView, OpenCountsView, StageName } from '#collector/api/shapes/incident.ts'
export type { SessionView } from '#collector/api/shapes/session.ts'
