/** Standard concepts of a value's operator, OMOP domain Meas Value Operator; an exact value has none (https://ohdsi.github.io/CommonDataModel/cdm54.html#measurement). */
export const OPERATORS: Readonly<Record<string, number>> = { '<': 4171756, '<=': 4171754, '>': 4172704, '>=': 4171755 };
