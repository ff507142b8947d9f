/** What stood in a shadow database for something that the embedded one lacks. */
export interface UsedStandIn {
  /** The extension whose place it took; undefined for the file that stands for everything else of a server. */
  readonly extension?: string;
  /** The file of the project; undefined for a stand-in of pgstep. */
  readonly path?: string;
}
