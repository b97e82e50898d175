/** Persons and faces as the API sends them, and what one can decide about them. */
import { getJson, postJson } from "../api";
import { S } from "../strings";

export interface Person {
  id: number;
  name: string | null;
  is_named: boolean;
  hidden: boolean;
  representative_face_id: number;
  face_count: number;
  photo_count: number;
}

export interface PersonPage {
  persons: Person[];
  total: number;
}

export interface Face {
  id: number;
  photo_id: number;
  /** Left, top, width, height as shares of the picture. */
  box: [number, number, number, number];
  eyes_closed: boolean;
  person_id: number | null;
  /** The name, or what a person without one is called. */
  person_name: string | null;
  person_is_named: boolean;
}

export interface FacePage {
  faces: Face[];
  total: number;
}

export interface Suggestion {
  person1: Person;
  person2: Person;
  similarity: number;
}

/** What somebody is called where only text can be shown. */
export const nameOf = (person: Person): string => person.name ?? S.unnamed;

export const personUrl = (id: number): string => `/person/${id}`;

export const getPerson = (id: number): Promise<Person> => getJson(`/api/person/${id}`);

export const getPersons = (params: Record<string, string | number>, signal?: AbortSignal): Promise<PersonPage> =>
  getJson(`/api/persons?${new URLSearchParams(Object.entries(params).map(([key, value]) => [key, String(value)]))}`, { ...(signal && { signal }) });

export const getFaces = (person: number, page: number, perPage: number): Promise<FacePage> => getJson(`/api/person/${person}/faces?page=${page}&per_page=${perPage}`);

export const getFacesOfPhoto = async (photo: number): Promise<Face[]> => (await getJson<{ faces: Face[] }>(`/api/photo/faces?id=${photo}`)).faces;

export const rename = (person: number, name: string): Promise<{ name: string | null }> => postJson(`/api/persons/${person}/rename`, { name });

export const merge = (sources: number[], target: number): Promise<unknown> => postJson("/api/persons/merge_batch", { source_ids: sources, target_id: target });

export const hide = (persons: number[], hidden: boolean): Promise<unknown> => postJson("/api/persons/hide_batch", { person_ids: persons, hidden });

export const forget = (persons: number[]): Promise<unknown> => postJson("/api/persons/delete_batch", { person_ids: persons });

export const split = (person: number, faces: number[], name: string): Promise<{ person_id: number }> => postJson(`/api/persons/${person}/split`, { face_ids: faces, name });

export const setAvatar = (person: number, face: number): Promise<unknown> => postJson(`/api/person/${person}/avatar`, { face_id: face });

export const assign = (face: number, to: { person_id: number } | { name: string }): Promise<{ person_id: number }> => postJson(`/api/face/${face}/assign`, to);

export const unassign = (face: number): Promise<{ person_deleted: boolean }> => postJson(`/api/face/${face}/unassign`, {});

export const distinguish = (one: number, other: number): Promise<unknown> => postJson("/api/merge_suggestions/dismiss", { person1_id: one, person2_id: other });

/** Somebody else of exactly this name, whatever its case; the one with most photos. */
export async function namesake(name: string, except: number | null): Promise<Person | null> {
  const { persons } = await getPersons({ search: name, sort: "count_desc", hidden: "with", per_page: 200 });
  const same = name.trim().toLocaleLowerCase();
  return persons.find((person) => person.id !== except && person.name?.toLocaleLowerCase() === same) ?? null;
}
