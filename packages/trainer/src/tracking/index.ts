export { openEventLog } from './event-log';
