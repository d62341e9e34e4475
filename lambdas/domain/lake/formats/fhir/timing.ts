import { type Elements, type Json, type Moment, isAfter } from './elements.ts';
import { quantityOf } from './values.ts';

/** A Period's start and end; the one that is told stands for both, and none ends before it starts. */
export const periodOf = (elements: Elements, period: Json, path: string): { start: Moment | null; end: Moment | null } => {
  const [start, end] = [elements.moment('start', period, `${path}.start`), elements.moment('end', period, `${path}.end`)];
  if (start && end && isAfter(start, end)) elements.wrong(`${path}.end`, 'impossible-value');
  return { start: start ?? end, end: end && notBefore(start, end) };
};

/** An end that is told less exactly than its start would be kept as an earlier day. */
export const notBefore = (start: Moment | null, end: Moment): Moment =>
  start && (end.day < start.day || (end.time !== null && start.time !== null && end.time < start.time)) ? start : end;

/** The moment of an element that may be a dateTime or a Period: its start and its end. */
export const timing = (elements: Elements, stem: string, others: readonly string[] = []): { start: Moment | null; end: Moment | null } => {
  const name = elements.choice(stem, ['DateTime', 'Period', ...others]);
  if (name === `${stem}DateTime`) {
    const at = elements.moment(name);
    return { start: at, end: at };
  }
  if (name === `${stem}Period`) {
    const period = elements.object(name, elements.resource, name, 'Period');
    if (!period) return { start: null, end: null };
    return periodOf(elements, period, name);
  }
  // no day; an instant is read where it may stand
  if (name === `${stem}String`) elements.text(name);
  else if (name === `${stem}Age`) quantityOf(elements, name, elements.resource, name);
  else if (name !== null && name !== `${stem}Instant`) elements.object(name);
  return { start: null, end: null };
};
