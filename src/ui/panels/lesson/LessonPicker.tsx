// The slot in the header where a lesson is chosen; empty until lessons are here.
export function LessonPicker() {
  return null;
}
