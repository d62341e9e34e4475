type Option = { type: 'boolean' | 'string'; value?: string; help: string };
export const TARGETS: Record<string, { entry: string; command: string; title: string; options?: Record<string, Option>; python?: boolean }>;
export const helpOf: (target: string) => string;
export const parse: (target: string, args: string[]) => Record<string, string | boolean | undefined>;
