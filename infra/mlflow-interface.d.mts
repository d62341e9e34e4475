/** The folder of the compiled interface; text lies there gzipped. */
export declare const INTERFACE: string;
export declare const interfaceIsCurrent: () => boolean;
export declare const fetchInterface: (python: string) => void;
