export { openEventLog, type EventLog, type EventLogOptions, type EventRow } from './event-log';
