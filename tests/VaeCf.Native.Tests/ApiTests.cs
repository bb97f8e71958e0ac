using System.Reflection;
using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests;

/// <summary>The public API of the libraries, as text, is what was approved: a change of it is seen and meant.</summary>
public class ApiTests
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.Instance | BindingFlags.Static;

    [Theory]
    [InlineData(typeof(VectorWidth))]
    [InlineData(typeof(ClickMatrix))]
    [InlineData(typeof(Baselines.Popularity))]
    public void The_public_api_is_the_approved_one(Type ofAssembly)
    {
        string file = ofAssembly.Assembly.GetName().Name + ".txt";
        string folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "api"),
            received = Path.Combine(folder, file + ".received");
        string path = Path.Combine(folder, file);
        string[] approved = File.Exists(path) ? File.ReadAllLines(path) : [];
        string[] actual = [.. Describe(ofAssembly.Assembly)];
        if (actual.SequenceEqual(approved))
            return;
        File.WriteAllLines(received, actual);
        string[] differences = [.. approved.Except(actual).Select(line => "- " + line),
            .. actual.Except(approved).Select(line => "+ " + line)];
        Assert.Fail($"""
            The public API is not the approved tests/fixtures/api/{file}:
            {differences.Length} lines are new or gone, the first of them:
            {string.Join('\n', differences.Take(20))}
            If the change is meant, from the repository's root: cp '{received}' tests/fixtures/api/{file}
            """);
    }

    private static IEnumerable<string> Describe(Assembly assembly) => assembly.GetExportedTypes()
        .OrderBy(type => type.FullName, StringComparer.Ordinal)
        .SelectMany(type =>
            new[] { Head(type) }.Concat(Members(type).Order(StringComparer.Ordinal).Select(member => "    " + member)));

    private static string Head(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct"
            : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type.IsAbstract && type.IsSealed ? "static class" : type.IsSealed ? "sealed class"
            : type.IsAbstract ? "abstract class" : "class";
        IEnumerable<string> bases = type.IsEnum ? [Name(type.GetEnumUnderlyingType())]
            : (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType)
                ? [Name(parent)] : Array.Empty<string>())
                .Concat(type.GetInterfaces().Where(face => face.IsVisible).Select(Name).Order(StringComparer.Ordinal));
        return $"{kind} {type.Namespace}.{Name(type)}{(bases.Any() ? " : " + string.Join(", ", bases) : "")}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue())}");
        // Accessors are shown by what they belong to; what the compiler adds to every record goes without saying.
        return type.GetMembers(Declared).Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute)))
            .SelectMany(member => member switch
        {
            FieldInfo field when IsVisible(
                field.Attributes.HasFlag(FieldAttributes.Public), field.IsFamily || field.IsFamilyOrAssembly) =>
                [$"{Modifiers(field.IsStatic && !field.IsLiteral, false)}"
                    + (field.IsLiteral ? "const " : field.IsInitOnly ? "readonly " : "")
                    + $"{Name(field.FieldType)} {field.Name}"
                    + (field.IsLiteral ? $" = {field.GetRawConstantValue()}" : "")],
            PropertyInfo property when property.GetAccessors(true).Any(IsVisible) => [Describe(property)],
            ConstructorInfo constructor when IsVisible(constructor) && !constructor.IsStatic =>
                [$"{Name(type)}({Parameters(constructor)})"],
            MethodInfo method when IsVisible(method)
                && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) =>
                [$"{Modifiers(method.IsStatic, method.IsFamily)}{Name(method.ReturnType)} "
                    + $"{method.Name}{Arguments(method.GetGenericArguments())}({Parameters(method)})"],
            _ => Array.Empty<string>(),
        });
    }

    private static string Describe(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(true).Where(IsVisible)];
        IEnumerable<string> names = accessors.Select(accessor => accessor == property.GetMethod ? "get;"
            : accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;")
            .Order(StringComparer.Ordinal);
        string index = property.GetIndexParameters() is { Length: > 0 } parameters
            ? $"this[{string.Join(", ", parameters.Select(Parameter))}]" : property.Name;
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{Modifiers(accessors[0].IsStatic, accessors[0].IsFamily)}{required}{Name(property.PropertyType)} "
            + $"{index} {{ {string.Join(' ', names)} }}";
    }

    private static bool IsVisible(MethodBase method) =>
        IsVisible(method.IsPublic, method.IsFamily || method.IsFamilyOrAssembly);

    private static bool IsVisible(bool isPublic, bool isFamily) => isPublic || isFamily;

    private static string Modifiers(bool isStatic, bool isProtected) =>
        (isProtected ? "protected " : "") + (isStatic ? "static " : "");

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string modifier = parameter.IsOut ? "out " : parameter.IsIn ? "in "
            : parameter.ParameterType.IsByRef ? "ref " : "";
        string fallback = parameter.HasDefaultValue
            ? $" = {parameter.DefaultValue ?? (parameter.ParameterType.IsValueType ? "default" : "null")}" : "";
        return $"{modifier}{Name(parameter.ParameterType)} {parameter.Name}{fallback}";
    }

    // A nested type after its owner, generic arguments in angle brackets, arrays and pointers as in C#.
    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsPointer)
            return Name(type.GetElementType()!) + "*";
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        string name = type.IsGenericParameter || type.DeclaringType is null
            ? type.Name : $"{Name(type.DeclaringType)}.{type.Name}";
        return name.Split('`')[0] + Arguments(type.GetGenericArguments());
    }

    private static string Arguments(Type[] arguments) =>
        arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(Name))}>";
}
