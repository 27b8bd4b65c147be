/** Stands in for long, so that one copy of it serves those who import and those who require. */
export { default } from 'long'
