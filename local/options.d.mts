type Option = { type: 'boolean' | 'string'; value?: string; help: string };
type Target = { entry: string; command: string; title: string; options?: Record<string, Option>; parts?: Record<string, string>; python?: boolean };
export const TARGETS: Record<string, Target>;
export const helpOf: (target: string) => string;
export const parse: (target: string, args: string[]) => Record<string, string | boolean | string[] | undefined>;
